#include "serve/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/text.h"
#include "http/blocking.h"
#include "io/file.h"
#include "io/folder.h"
#include "io/sweep.h"
#include "serve/root.h"

enum { HEX_KEY = 2 * CACHE_KEY_BYTES, FOLDERS = 256, NAME_MAX_LENGTH = 128, TOUCH_EVERY = 60 };

struct cache {
    char *folder;
    int local; /* the folder if its file system is local (root_open_cached), else -1 */
    uint64_t limit;
    pthread_mutex_t lock; /* of everything below; no file is read or written under it */
    struct cache_index index;
    uint64_t evictions;
    bool failing;
};

/* The path of an entry's file below the folder. Every request needs one, so most of it is written without
 * printf, which is slow.
 */
static void name_of(const struct cache_entry *entry, char name[NAME_MAX_LENGTH])
{
    char *hex = name + 3;
    text_hex(entry->key, CACHE_KEY_BYTES, hex);
    memcpy(name, hex, 2);
    name[2] = '/';
    snprintf(hex + HEX_KEY, NAME_MAX_LENGTH - 3 - HEX_KEY, "-%" PRIu64 "-%08" PRIx32 ".%s", entry->size,
             entry->sum, entry->codec->suffix);
}

static int path_of(const struct cache *cache, const struct cache_entry *entry, char path[PATH_MAX])
{
    size_t length = strlen(cache->folder);
    if (length + 1 + NAME_MAX_LENGTH > PATH_MAX)
        return -1;
    memcpy(path, cache->folder, length);
    path[length] = '/';
    name_of(entry, path + length + 1);
    return 0;
}

/* The entry of a file's name, the last part of its path. A name that would be written otherwise is not ours.
 */
static bool parse_name(const char *name, struct cache_entry *entry)
{
    char suffix[16], again[NAME_MAX_LENGTH];
    *entry = (struct cache_entry){0};
    if (strlen(name) <= HEX_KEY)
        return false;
    for (int i = 0; i < CACHE_KEY_BYTES; i++) {
        int high = text_hex_digit(name[2 * i]), low = text_hex_digit(name[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        entry->key[i] = (uint8_t)(high << 4 | low);
    }
    if (sscanf(name + HEX_KEY, "-%19" SCNu64 "-%8" SCNx32 ".%15s", &entry->size, &entry->sum, suffix) != 3)
        return false;
    entry->codec = codec_of_suffix(suffix);
    if (entry->codec == NULL)
        return false;
    name_of(entry, again);
    return strcmp(strchr(again, '/') + 1, name) == 0;
}

/* If the results and `more` bytes exceed `limit`, removes the least recently used result from the index and
 * the disk. Returns the bytes of disk that it used; 0: nothing was removed. */
static uint64_t remove_oldest(struct cache *cache, uint64_t more, uint64_t limit)
{
    char path[PATH_MAX];
    uint64_t bytes = 0;
    pthread_mutex_lock(&cache->lock);
    struct cache_entry *oldest = cache_index_oldest(&cache->index);
    bool over = oldest != NULL && cache->index.bytes + more > limit;
    bool named = over && path_of(cache, oldest, path) == 0;
    if (over) {
        bytes = cache_disk_bytes(oldest->size);
        cache_index_remove(&cache->index, oldest);
        cache->evictions++;
    }
    pthread_mutex_unlock(&cache->lock);
    if (named)
        unlink(path);
    return bytes;
}

/* Makes room for `more` bytes within the limit. */
static void make_room(struct cache *cache, uint64_t more)
{
    while (remove_oldest(cache, more, cache->limit) > 0)
        continue;
}

/* Would `bytes` fit on the disk if all other results were removed? If not, none is removed. */
static bool could_fit(struct cache *cache, uint64_t bytes)
{
    struct statvfs disk;
    return statvfs(cache->folder, &disk) != 0 ||
           (uint64_t)disk.f_bavail * disk.f_frsize + cache_usage(cache).bytes >= bytes;
}

/* Removes results that use `bytes` of the disk, or all. False if nothing was removed. */
static bool free_disk(struct cache *cache, uint64_t bytes)
{
    if (!could_fit(cache, bytes))
        return false;
    uint64_t freed = 0, one;
    while (freed < bytes && (one = remove_oldest(cache, 0, 0)) > 0)
        freed += one;
    return freed > 0;
}

struct found {
    struct cache_entry *entries;
    size_t count, room;
};

static int by_time(const void *a, const void *b)
{
    const struct cache_entry *one = a, *other = b;
    return (one->touched > other->touched) - (one->touched < other->touched);
}

static int found_add(struct found *found, const struct cache_entry *entry)
{
    if (found->count == found->room) {
        size_t room = found->room > 0 ? 2 * found->room : 1024;
        struct cache_entry *entries = realloc(found->entries, room * sizeof *entries);
        if (entries == NULL)
            return -1;
        found->entries = entries;
        found->room = room;
    }
    found->entries[found->count++] = *entry;
    return 0;
}

/* Results in it would not be found, and not count towards the limit. */
static int list_error(const char *last, struct pm_error *error)
{
    return error_set(
        error, PM_ERROR_IO,
        "can't be used as a cache: its folder %s can't be listed: %s (repair it, or choose another folder)",
        last, strerror(errno));
}

/* Adds the files of a folder; removes files whose size differs from the one in their name. */
static int scan_folder(const char *path, struct found *found, struct pm_error *error)
{
    DIR *folder = opendir(path);
    int status = 0;
    const char *last = strrchr(path, '/') + 1;
    if (folder == NULL)
        return errno == ENOENT ? 0 : list_error(last, error);
    const struct dirent *file;
    while (status == 0 && (errno = 0, file = readdir(folder)) != NULL) {
        struct cache_entry entry;
        struct stat state;
        if (!parse_name(file->d_name, &entry) || strncmp(file->d_name, last, 2) != 0 ||
            fstatat(dirfd(folder), file->d_name, &state, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(state.st_mode))
            continue;
        entry.touched = state.st_mtime;
        if ((uint64_t)state.st_size == entry.size)
            status = found_add(found, &entry) == 0 ? 0 : error_memory(error, 0);
        else
            unlinkat(dirfd(folder), file->d_name, 0);
    }
    if (status == 0 && errno != 0)
        status = list_error(last, error);
    closedir(folder);
    return status;
}

static int scan(struct cache *cache, struct pm_error *error)
{
    struct found found = {0};
    int status = 0;
    for (int i = 0; i < FOLDERS && status == 0; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%02x", cache->folder, i);
        temporary_sweep_folder(NULL, path);
        status = scan_folder(path, &found, error);
    }
    if (found.count > 0)
        qsort(found.entries, found.count, sizeof *found.entries, by_time);
    for (size_t i = 0; i < found.count && status == 0; i++)
        status = cache_index_add(&cache->index, &found.entries[i]) != NULL ? 0 : error_memory(error, 0);
    free(found.entries);
    return status;
}

static int open_local(const char *folder)
{
    const int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || !blocking_needs_closing(fd))
        return fd;
    close(fd);
    return -1;
}

struct cache *cache_open(const char *folder, uint64_t limit, struct pm_error *error)
{
    enum { BELOW = NAME_MAX_LENGTH + 64 }; /* longest path below the folder, of a temporary file */
    if (strlen(folder) + BELOW > PATH_MAX) {
        error_set(error, PM_ERROR_USAGE, "the folder's path is too long (use a shorter one)");
        return NULL;
    }
    if (folder_make(folder, error) != 0)
        return NULL;
    struct cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL || (cache->folder = strdup(folder)) == NULL || cache_index_init(&cache->index) != 0) {
        if (cache != NULL)
            free(cache->folder);
        free(cache);
        error_memory(error, 0);
        return NULL;
    }
    cache->limit = limit;
    cache->local = open_local(folder);
    pthread_mutex_init(&cache->lock, NULL);
    if (access(folder, R_OK | W_OK | X_OK) != 0)
        error_set(error, PM_ERROR_IO, "can't be used as a cache: %s (choose another folder)",
                  strerror(errno));
    else if (scan(cache, error) == 0) {
        make_room(cache, 0);
        return cache;
    }
    cache_close(cache);
    return NULL;
}

void cache_close(struct cache *cache)
{
    if (cache == NULL)
        return;
    cache_index_free(&cache->index);
    if (cache->local >= 0)
        close(cache->local);
    pthread_mutex_destroy(&cache->lock);
    free(cache->folder);
    free(cache);
}

/* Does the file have the checksum that its name has? */
static bool sum_is_right(int fd, const struct cache_entry *entry)
{
    if (entry->size == 0)
        return entry->sum == libdeflate_crc32(0, "", 0);
    struct buffer bytes = {0};
    struct pm_error error = {0};
    bool right = file_read(fd, entry->size, &bytes, &error) == 0 &&
                 libdeflate_crc32(0, bytes.data, bytes.size) == entry->sum;
    buffer_free(&bytes);
    return right;
}

/* Opens the entry's file if it is unchanged; else -1. *gone: the file is missing or wrong, so the entry is
 * useless.
 */
static int open_file(const char *path, const struct cache_entry *entry, bool *gone)
{
    struct stat state;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    *gone = fd < 0 && errno != EMFILE && errno != ENFILE && errno != ENOMEM;
    if (fd < 0)
        return -1;
    if (fstat(fd, &state) == 0 && S_ISREG(state.st_mode) && (uint64_t)state.st_size == entry->size &&
        (entry->verified || sum_is_right(fd, entry)))
        return fd;
    close(fd);
    *gone = true;
    return -1;
}

/* Records the use of an entry, or removes it when its file is gone; another thread may have done so
 * meanwhile. True when the file's time must be updated. */
static bool note_use(struct cache *cache, const uint8_t key[CACHE_KEY_BYTES], bool gone, time_t now)
{
    bool touch = false;
    pthread_mutex_lock(&cache->lock);
    struct cache_entry *entry = cache_index_find(&cache->index, key);
    if (entry != NULL && !gone) {
        entry->verified = true;
        touch = now - entry->touched >= TOUCH_EVERY;
        if (touch)
            entry->touched = now;
        cache_index_use(&cache->index, entry);
    } else if (entry != NULL) {
        cache_index_remove(&cache->index, entry);
    }
    pthread_mutex_unlock(&cache->lock);
    return touch;
}

bool cache_find(struct cache *cache, const uint8_t key[CACHE_KEY_BYTES], struct cache_hit *hit)
{
    char path[PATH_MAX];
    bool gone;
    struct cache_entry entry;
    pthread_mutex_lock(&cache->lock);
    const struct cache_entry *known = cache_index_find(&cache->index, key);
    if (known != NULL)
        entry = *known;
    pthread_mutex_unlock(&cache->lock);
    if (known == NULL || path_of(cache, &entry, path) != 0)
        return false;
    int fd = open_file(path, &entry, &gone);
    if (fd < 0 && !gone)
        return false;
    if (note_use(cache, key, gone, time(NULL)))
        futimens(fd, NULL);
    if (gone) {
        unlink(path);
        return false;
    }
    *hit = (struct cache_hit){
        .fd = fd, .slow_close = blocking_needs_closing(fd), .size = entry.size, .codec = entry.codec};
    return true;
}

bool cache_find_cached(struct cache *cache, const uint8_t key[CACHE_KEY_BYTES], struct cache_hit *hit)
{
    char name[NAME_MAX_LENGTH];
    struct cache_entry entry = {.verified = false};
    struct stat state;
    pthread_mutex_lock(&cache->lock);
    struct cache_entry *known = cache_index_find(&cache->index, key);
    if (known != NULL)
        entry = *known;
    pthread_mutex_unlock(&cache->lock);
    if (!entry.verified || cache->local < 0 || time(NULL) - entry.touched >= TOUCH_EVERY)
        return false;
    name_of(&entry, name);
    const int fd = root_open_cached(cache->local, name, O_NOFOLLOW);
    if (fd < 0)
        return false;
    if (fstat(fd, &state) != 0 || !S_ISREG(state.st_mode) || (uint64_t)state.st_size != entry.size) {
        close(fd);
        return false;
    }
    note_use(cache, key, false, entry.touched);
    *hit = (struct cache_hit){.fd = fd, .size = entry.size, .codec = entry.codec};
    return true;
}

bool cache_use(struct cache *cache, const uint8_t key[CACHE_KEY_BYTES])
{
    return note_use(cache, key, false, time(NULL));
}

void cache_touch(struct cache *cache, const uint8_t key[CACHE_KEY_BYTES])
{
    char path[PATH_MAX] = "";
    pthread_mutex_lock(&cache->lock);
    const struct cache_entry *entry = cache_index_find(&cache->index, key);
    const bool named = entry != NULL && path_of(cache, entry, path) == 0;
    pthread_mutex_unlock(&cache->lock);
    if (named)
        utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW); /* ignores a file that was removed meanwhile */
}

/* 0, or -1 with `error` filled if this is the first failure in a row. */
static int report_once(struct cache *cache, bool failed, const struct pm_error *why, struct pm_error *error)
{
    pthread_mutex_lock(&cache->lock);
    bool first = failed && !cache->failing;
    cache->failing = failed;
    pthread_mutex_unlock(&cache->lock);
    if (!first)
        return 0;
    return error_set(error, why->kind, "the cache can't be written: %s", why->message);
}

/* The disk may be full before the limit is reached. Then the least recently used results are removed, as at
 * the limit. */
static int write_file(struct cache *cache, const char *path, const uint8_t *data, size_t size,
                      struct pm_error *error)
{
    for (;;) {
        *error = (struct pm_error){0};
        if (file_write(path, data, size, 0600, FILE_FAST, error) == 0)
            return 0;
        if ((errno != ENOSPC && errno != EDQUOT) || !free_disk(cache, cache_disk_bytes(size)))
            return -1;
    }
}

int cache_store(struct cache *cache, const uint8_t key[CACHE_KEY_BYTES], const struct codec *codec,
                const uint8_t *data, size_t size, struct pm_error *error)
{
    char path[PATH_MAX];
    struct pm_error why = {0};
    struct cache_entry entry = {
        .codec = codec,
        .size = size,
        .sum = libdeflate_crc32(0, data, size),
        .verified = true,
        .touched = time(NULL),
    };
    memcpy(entry.key, key, CACHE_KEY_BYTES);
    if (cache_disk_bytes(size) > cache->limit || path_of(cache, &entry, path) != 0)
        return 0;
    make_room(cache, cache_disk_bytes(size));
    bool written = write_file(cache, path, data, size, &why) == 0;
    if (written) {
        pthread_mutex_lock(&cache->lock);
        bool added = cache_index_add(&cache->index, &entry) != NULL;
        pthread_mutex_unlock(&cache->lock);
        if (!added) {
            unlink(path);
            error_memory(&why, sizeof entry);
            written = false;
        }
    }
    make_room(cache, 0); /* other threads may have added results meanwhile */
    return report_once(cache, !written, &why, error);
}

struct cache_usage cache_usage(struct cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    struct cache_usage usage = {
        .bytes = cache->index.bytes, .files = cache->index.count, .evictions = cache->evictions};
    pthread_mutex_unlock(&cache->lock);
    return usage;
}
