/*
 * Results kept on disk, so that no picture is transformed twice. A result is one file in the cache's folder,
 * which holds the bytes that are sent:
 *
 *     DIR/3f/3fa1...64 hex digits of the key...-SIZE-CRC32.jpg
 *
 * Its name holds everything else: the key, the size and the checksum. So there is no index on disk that a
 * crash could make wrong (it is rebuilt from the names at the start), a file can be sent unchanged, and
 * opened with any viewer. Files with other names are ignored. A file whose size is not that in its name is
 * never served. The checksum of a file that an earlier process wrote is verified before it is first served,
 * because after a power cut a file may have its size but not its bytes. Files are created by a rename;
 * temporary files that a kill leaves are removed at the next start.
 *
 * The cache is bounded by a number of bytes, and by the room on the disk: the least recently used results are
 * removed before one is added. The time of the last use is the file's modification time, updated at most once
 * a minute, so that the order outlives the process. Several servers may share a folder: each bounds what it
 * found at its start and what it added; a file that another one removed is a miss.
 *
 * All functions but open and close are thread-safe. Storing writes a file: call it in a thread that may
 * block.
 */
#ifndef SERVE_CACHE_H
#define SERVE_CACHE_H

#include "base/error.h"
#include "serve/cache_index.h"

struct cache;

struct cache_hit {
    int fd;          /* for reading; closed by the caller */
    bool slow_close; /* closing it may block */
    uint64_t size;
    const struct codec *codec;
};

struct cache_usage {
    uint64_t bytes, files;
    uint64_t evictions; /* results removed to make room, since the cache was opened */
};

/* Opens the folder, and creates it if it is missing. Removes results that exceed `limit` bytes, least
 * recently used first, and temporary files of killed processes. NULL with `error` filled. */
struct cache *cache_open(const char *folder, uint64_t limit, struct pm_error *error);
void cache_close(struct cache *cache); /* NULL is allowed; the files stay */

/* Looks for a result. If it is there: true, with *hit filled. */
bool cache_find(struct cache *cache, const uint8_t key[CACHE_KEY_BYTES], struct cache_hit *hit);

/* The same without waiting for a disk. False also if the file may not be in memory, or if cache_find has more
 * to do: verify a checksum, or update the file's time. */
bool cache_find_cached(struct cache *cache, const uint8_t key[CACHE_KEY_BYTES], struct cache_hit *hit);

/* Records the use of a result that was in memory. True if cache_touch must be called, which writes to the
 * disk.
 */
bool cache_use(struct cache *cache, const uint8_t key[CACHE_KEY_BYTES]);

/* Updates the time of a result's file. */
void cache_touch(struct cache *cache, const uint8_t key[CACHE_KEY_BYTES]);

/* Stores data[size], a file of this codec. 0, also if the file is larger than the cache and therefore not
 * stored. -1 with `error` filled at the first of several failures in a row, so that a full disk is reported
 * once. */
int cache_store(struct cache *cache, const uint8_t key[CACHE_KEY_BYTES], const struct codec *codec,
                const uint8_t *data, size_t size, struct pm_error *error);

struct cache_usage cache_usage(struct cache *cache);

#endif
