/*
 * Results kept on disk, so that no picture is made twice. A result is a file of the cache's folder and
 * nothing else, the very bytes that are sent:
 *
 *     DIR/3f/3fa1...64 hex digits of the key...-SIZE-CRC32.jpg
 *
 * Its name says all there is to know of it: the key, what it must weigh and what its bytes must sum up to. So
 * there is no index that a crash could put at odds with the files (it is made anew from their names at the
 * start), a file can be sent as it lies there, and anybody can look at it. A file of another name is not ours
 * and left alone; one whose size is not that of its name is never served, and before a file that an earlier
 * process wrote is first served its sum is checked, for after a power cut a file may have its size but not
 * its bytes. Files come into being by a rename; what a kill leaves is swept at the next start.
 *
 * At most so many bytes are kept, or what the disk has room for: before one is added, those go that were not
 * used for longest. When a result was last used is its file's time of modification, renewed at most once a
 * minute, so that the order outlives the process. Several servers may share a folder: each knows what it
 * found at its start and what it added, and bounds that; a file that another one removed is a miss.
 *
 * All functions but open and close may be called by many threads at once. Looking up touches one file's
 * inode; storing writes a file and is best done by a thread that may wait.
 */
#ifndef SERVE_CACHE_H
#define SERVE_CACHE_H

#include "base/error.h"
#include "serve/cache_index.h"

struct cache;

struct cache_hit {
    int fd;          /* for reading, the caller's to close */
    bool slow_close; /* which may block */
    uint64_t size;
    const struct codec *codec;
};

struct cache_usage {
    uint64_t bytes, files;
    uint64_t evictions; /* files removed since it was opened, to make room */
};

/* Opens the folder, which is made if it is missing, for `limit` bytes at most; what is beyond that, oldest
 * first, and what a killed process left is removed. NULL with `error` filled. */
struct cache *cache_open(const char *folder, uint64_t limit, struct pm_error *error);
void cache_close(struct cache *cache); /* NULL is allowed; the files stay */

/* Looks for a result. True, and *hit is filled. */
bool cache_find(struct cache *cache, const uint8_t key[CACHE_KEY_BYTES], struct cache_hit *hit);

/* The same without waiting for a disk: false also when that can't be told, or cache_find has more to do, as
 * to compare a sum or to renew the file's time. */
bool cache_find_cached(struct cache *cache, const uint8_t key[CACHE_KEY_BYTES], struct cache_hit *hit);

/* Notes the use of a result that needed no looking up. True when cache_touch is to be called, which writes to
 * the disk. */
bool cache_use(struct cache *cache, const uint8_t key[CACHE_KEY_BYTES]);

/* Renews the time of a result's file. */
void cache_touch(struct cache *cache, const uint8_t key[CACHE_KEY_BYTES]);

/* Keeps data[size], a file of that codec's. 0, also for one that is larger than the whole cache and so not
 * kept; -1 with `error` filled at the first failure since something could last be stored, so that a full disk
 * is told once and not with every picture. */
int cache_store(struct cache *cache, const uint8_t key[CACHE_KEY_BYTES], const struct codec *codec,
                const uint8_t *data, size_t size, struct pm_error *error);

struct cache_usage cache_usage(struct cache *cache);

#endif
