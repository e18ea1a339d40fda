#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/cache.h"
#include "temp.h"

enum { BLOCK = 4096, PLENTY = 1 << 30 };

static struct cache *open_cache(const char *folder, uint64_t limit)
{
    struct pm_error error = {0};
    struct cache *cache = cache_open(folder, limit, &error);
    cr_assert_not_null(cache, "%s", error.message);
    return cache;
}

static const uint8_t *key_of(unsigned number)
{
    static _Thread_local uint8_t key[CACHE_KEY_BYTES]; /* threads of one test make keys at the same time */
    memset(key, 0x3f, sizeof key);
    memcpy(key + 4, &number, sizeof number);
    key[0] = (uint8_t)number;
    return key;
}

/* A result consists of its number, repeated. */
static void store(struct cache *cache, unsigned number, size_t size)
{
    struct pm_error error = {0};
    uint8_t *data = malloc(size + 1);
    memset(data, (int)number, size);
    cr_assert_eq(cache_store(cache, key_of(number), codec_of_suffix("jpeg"), data, size, &error), 0, "%s",
                 error.message);
    free(data);
}

static bool has(struct cache *cache, unsigned number)
{
    struct cache_hit hit;
    uint8_t byte = (uint8_t)~number;
    if (!cache_find(cache, key_of(number), &hit))
        return false;
    cr_expect(hit.size == 0 || pread(hit.fd, &byte, 1, 0) == 1);
    cr_expect(hit.size == 0 || byte == (uint8_t)number);
    cr_expect_str_eq(hit.codec->name, "jpeg");
    close(hit.fd);
    return true;
}

static char only_file[4096];
static unsigned files;

static int look(const char *path, const struct stat *state, int kind, struct FTW *where)
{
    (void)state, (void)where;
    if (kind == FTW_F) {
        snprintf(only_file, sizeof only_file, "%s", path);
        files++;
    }
    return 0;
}

/* The number of files in the cache's folder; only_file is one of them. */
static unsigned count_files(const char *folder)
{
    files = 0;
    nftw(folder, look, 8, FTW_PHYS);
    return files;
}

Test(cache, what_was_stored_is_found_and_outlives_the_process)
{
    const char *folder = temp_path("a/cache");
    struct cache *cache = open_cache(folder, PLENTY);
    cr_assert_not(has(cache, 1));
    store(cache, 1, 10);
    store(cache, 2, 5000);
    store(cache, 3, 0);
    store(cache, 1, 10); /* storing it again changes nothing */
    cr_assert(has(cache, 1) && has(cache, 2) && has(cache, 3) && !has(cache, 4));
    struct cache_usage usage = cache_usage(cache);
    cr_assert_eq(usage.files, 3);
    cr_assert_eq(usage.bytes, (2 + 3 + 1) * BLOCK);
    cache_close(cache);
    cache = open_cache(folder, PLENTY);
    cr_assert(has(cache, 1) && has(cache, 2) && has(cache, 3));
    cr_assert_eq(cache_usage(cache).bytes, usage.bytes);
    cache_close(cache);
}

Test(cache, a_thousand_are_found_again)
{
    struct cache *cache = open_cache(temp_folder(), PLENTY);
    for (unsigned i = 0; i < 1000; i++)
        store(cache, i, 1 + i % 7);
    for (unsigned i = 0; i < 1000; i++)
        cr_expect(has(cache, i), "%u", i);
    cr_expect_not(has(cache, 1000));
    cache_close(cache);
}

Test(cache, the_bound_holds_and_the_least_recently_used_goes_first)
{
    const char *folder = temp_folder();
    struct cache *cache = open_cache(folder, 6 * BLOCK); /* three small results */
    for (unsigned i = 1; i <= 3; i++)
        store(cache, i, 100);
    cr_assert(has(cache, 1));
    store(cache, 4, 100);
    cr_assert(has(cache, 1) && !has(cache, 2) && has(cache, 3) && has(cache, 4));
    cr_assert_eq(count_files(folder), 3);
    store(cache, 5, 5 * BLOCK);
    cr_assert(has(cache, 5));
    cr_assert_eq(count_files(folder), 1);
    cr_assert_eq(cache_usage(cache).evictions, 4);
    store(cache, 6, 6 * BLOCK); /* larger than the whole cache */
    cr_assert(has(cache, 5) && !has(cache, 6));
    cr_assert_leq(cache_usage(cache).bytes, 6 * BLOCK);
    cache_close(cache);
}

Test(cache, the_order_of_use_outlives_the_process)
{
    const char *folder = temp_folder();
    struct cache *cache = open_cache(folder, PLENTY);
    for (unsigned i = 1; i <= 3; i++) {
        store(cache, i, 100);
        count_files(folder);
    }
    cache_close(cache);
    /* All are an hour old, number 1 the oldest; then number 1 is used. */
    struct cache_hit hit;
    cache = open_cache(folder, PLENTY);
    for (unsigned i = 1; i <= 3; i++) {
        cr_assert(cache_find(cache, key_of(i), &hit));
        const struct timespec times[2] = {{.tv_sec = time(NULL) - 3600 + i},
                                          {.tv_sec = time(NULL) - 3600 + i}};
        cr_assert_eq(futimens(hit.fd, times), 0);
        close(hit.fd);
    }
    cache_close(cache);
    cache = open_cache(folder, PLENTY);
    cr_assert(has(cache, 1));
    cache_close(cache);
    cache = open_cache(folder, 2 * 2 * BLOCK); /* a smaller limit is applied at once */
    cr_assert_eq(count_files(folder), 2);
    cr_assert(has(cache, 1) && !has(cache, 2) && has(cache, 3));
    cache_close(cache);
}

static void damage(const char *path, off_t size, const char *byte)
{
    int fd = open(path, O_WRONLY);
    cr_assert_geq(fd, 0);
    cr_assert_eq(ftruncate(fd, size), 0);
    cr_assert(byte == NULL || pwrite(fd, byte, 1, size / 2) == 1);
    close(fd);
}

Test(cache, a_file_of_another_size_is_never_served)
{
    const char *folder = temp_folder();
    struct cache *cache = open_cache(folder, PLENTY);
    store(cache, 1, 100);
    count_files(folder);
    damage(only_file, 99, NULL);
    cr_assert_not(has(cache, 1));
    cr_assert_eq(count_files(folder), 0);
    store(cache, 2, 100);
    count_files(folder);
    damage(only_file, 101, NULL);
    cache_close(cache);
    cache = open_cache(folder, PLENTY);
    cr_assert_not(has(cache, 2));
    cr_assert_eq(cache_usage(cache).files, 0);
    cr_assert_eq(count_files(folder), 0);
    cache_close(cache);
}

Test(cache, bytes_that_a_power_cut_changed_are_never_served)
{
    const char *folder = temp_folder();
    struct cache *cache = open_cache(folder, PLENTY);
    store(cache, 1, 100);
    cache_close(cache);
    count_files(folder);
    damage(only_file, 100, "x");
    cache = open_cache(folder, PLENTY);
    cr_assert_not(has(cache, 1));
    cr_assert_eq(count_files(folder), 0);
    store(cache, 1, 100);
    cr_assert(has(cache, 1));
    cache_close(cache);
}

static bool has_in_memory(struct cache *cache, unsigned number)
{
    struct cache_hit hit;
    if (!cache_find_cached(cache, key_of(number), &hit))
        return false;
    uint8_t byte = 0;
    cr_expect(pread(hit.fd, &byte, 1, 0) == 1 && byte == (uint8_t)number);
    close(hit.fd);
    return true;
}

/* Any other work, such as checking a sum or removing a file, waits for a thread. */
Test(cache, what_is_in_memory_is_found_without_waiting)
{
    const char *folder = temp_folder();
    struct cache *cache = open_cache(folder, PLENTY);
    cr_assert_not(has_in_memory(cache, 1));
    store(cache, 1, 100);
    cr_assert(has(cache, 1));
    if (!has_in_memory(cache, 1))
        cr_skip_test("no file is opened without waiting here");
    cache_close(cache);
    cache = open_cache(folder, PLENTY);
    cr_assert_not(has_in_memory(cache, 1), "its sum was not compared");
    cr_assert(has(cache, 1));
    cr_assert(has_in_memory(cache, 1));
    count_files(folder);
    damage(only_file, 99, NULL);
    cr_assert_not(has_in_memory(cache, 1));
    cr_assert_eq(count_files(folder), 1);
    cr_assert_not(has(cache, 1));
    cr_assert_eq(count_files(folder), 0);
    cache_close(cache);
}

Test(cache, foreign_files_are_neither_served_nor_touched)
{
    static const char *const names[] = {
        "notes.txt",
        "3f/notes.txt",
        "3f/3f3f-1-00000000.jpg",
        "3f/3F00000000000000000000000000000000000000000000000000000000000000-1-00000000.jpg",
        "3f/3f00000000000000000000000000000000000000000000000000000000000000-01-00000000.jpg",
        "3f/3f00000000000000000000000000000000000000000000000000000000000000-1-0000000.jpg",
        "3f/3f00000000000000000000000000000000000000000000000000000000000000-1-00000000.psd",
        "3f/3f00000000000000000000000000000000000000000000000000000000000000-1-00000000.jpg.bak",
        "3f/4400000000000000000000000000000000000000000000000000000000000000-1-00000000.jpg",
    };
    const char *folder = temp_folder();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        temp_text(names[i], "x");
    cr_assert_eq(symlink("../notes.txt", temp_path("3f/3f%062d-1-8cdc1683.jpg", 0)), 0);
    struct cache *cache = open_cache(folder, 1);
    cr_assert_eq(cache_usage(cache).files, 0);
    cr_assert_eq(count_files(folder), sizeof names / sizeof *names);
    cache_close(cache);
}

Test(cache, a_link_in_a_results_place_is_not_followed)
{
    const char *folder = temp_folder();
    struct cache *cache = open_cache(folder, PLENTY);
    store(cache, 1, 1);
    count_files(folder);
    char elsewhere[512];
    snprintf(elsewhere, sizeof elsewhere, "%s", temp_text("elsewhere", "\x01"));
    cr_assert_eq(unlink(only_file), 0);
    cr_assert_eq(symlink(elsewhere, only_file), 0);
    cr_assert_not(has(cache, 1));
    cache_close(cache);
}

Test(cache, what_a_killed_process_left_is_swept)
{
    const char *folder = temp_folder();
    temp_text("3f/.pixmill-0123456789abcdef.tmp", "half a result");
    struct cache *cache = open_cache(folder, PLENTY);
    cr_assert_eq(count_files(folder), 0);
    cache_close(cache);
}

Test(cache, a_removed_folder_is_made_again_and_two_servers_share_one)
{
    char folder[512];
    snprintf(folder, sizeof folder, "%s", temp_path("cache"));
    struct cache *cache = open_cache(folder, PLENTY), *other = open_cache(folder, PLENTY);
    store(cache, 1, 100);
    store(other, 1, 100);
    cr_assert_eq(count_files(folder), 1);
    cr_assert_eq(unlink(only_file), 0);
    cr_assert(!has(cache, 1) && !has(other, 1));
    cr_assert_eq(cache_usage(cache).bytes, 0);
    cr_assert_eq(rmdir(temp_path("cache/01")), 0);
    cr_assert_eq(rmdir(folder), 0);
    store(cache, 1, 100);
    cr_assert(has(cache, 1));
    cache_close(cache);
    cache_close(other);
}

Test(cache, a_full_disk_is_reported_once_until_it_has_room_again)
{
    const char *folder = temp_folder();
    const struct rlimit none = {10, RLIM_INFINITY}, all = {RLIM_INFINITY, RLIM_INFINITY};
    struct pm_error error = {0};
    struct cache *cache = open_cache(folder, PLENTY);
    static const uint8_t data[100] = {1};
    signal(SIGXFSZ, SIG_IGN);
    for (int round = 0; round < 2; round++) {
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
        error = (struct pm_error){0};
        cr_assert_eq(cache_store(cache, key_of(1), codec_of_suffix("png"), data, sizeof data, &error), -1);
        cr_assert_not_null(strstr(error.message, "cache"), "%s", error.message);
        cr_assert_eq(cache_store(cache, key_of(1), codec_of_suffix("png"), data, sizeof data, &error), 0);
        cr_assert_not(has(cache, 1));
        cr_assert_eq(count_files(folder), 0, "nothing is left behind");
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &all), 0);
        store(cache, 2, 100);
        cr_assert(has(cache, 2));
        unlink((count_files(folder), only_file));
    }
    cache_close(cache);
}

/* Mounts a disk of `size` at the folder, only for this test's process. False if that is not allowed. */
static bool mount_disk(const char *folder, const char *size)
{
    char options[64];
    snprintf(options, sizeof options, "size=%s", size);
    return (unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
           mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", folder, "tmpfs", 0, options) == 0;
}

/* Other programs fill the disk, or it is small: the oldest results are removed for the newest. */
Test(cache, a_full_disk_evicts)
{
    enum { RESULTS = 100, BYTES = 10000 };
    static uint8_t filling[1 << 20];
    char folder[512], other[600];
    struct pm_error error = {0};
    snprintf(folder, sizeof folder, "%s", temp_folder());
    if (!mount_disk(folder, "512k"))
        cr_skip_test("no disk can be mounted here: %s", strerror(errno));
    snprintf(other, sizeof other, "%s/other", folder);
    struct cache *cache = open_cache(folder, PLENTY);
    for (int i = 1; i <= RESULTS; i++) {
        store(cache, (uint8_t)i, BYTES);
        cr_assert(has(cache, (uint8_t)i), "%d is not there", i);
    }
    cr_assert(!has(cache, 1));
    const struct cache_usage usage = cache_usage(cache);
    cr_assert_gt(usage.evictions, RESULTS / 2);
    cr_assert_gt(usage.files, 10);
    int fd = open(other, O_WRONLY | O_CREAT, 0600);
    while (write(fd, filling, sizeof filling) > 0)
        continue;
    close(fd);
    store(cache, 200, BYTES);
    cr_assert(has(cache, 200));
    cr_assert(has(cache, RESULTS), "more went than was needed");
    /* A result that can't fit evicts no other, and is reported as before. */
    const uint64_t before = cache_usage(cache).bytes;
    cr_assert_eq(cache_store(cache, key_of(201), codec_of_suffix("jpeg"), filling, sizeof filling, &error),
                 -1);
    cr_assert_not_null(strstr(error.message, "the disk is full"), "%s", error.message);
    cr_assert_eq(cache_usage(cache).bytes, before);
    cr_assert(has(cache, 200));
    cache_close(cache);
}

Test(cache, a_folder_that_can_t_be_used_is_refused)
{
    struct pm_error error = {0};
    cr_assert_null(cache_open(temp_text("file", "x"), PLENTY, &error));
    cr_assert_eq(error.kind, PM_ERROR_IO, "%s", error.message);
    char folder[512], shut[512], longest[5000];
    snprintf(folder, sizeof folder, "%s", temp_folder());
    snprintf(shut, sizeof shut, "%s", temp_path("shut"));
    cr_assert_eq(mkdir(shut, 0555), 0);
    temp_drop_root();
    error = (struct pm_error){0};
    cr_assert_null(cache_open(shut, PLENTY, &error));
    cr_assert_not_null(strstr(error.message, "can't be used as a cache"), "%s", error.message);
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    error = (struct pm_error){0};
    cr_assert_null(cache_open(longest, PLENTY, &error));
    cr_assert_eq(error.kind, PM_ERROR_USAGE);
}

Test(cache, a_folder_in_it_that_can_t_be_listed_is_refused)
{
    char folder[512];
    struct pm_error error = {0};
    snprintf(folder, sizeof folder, "%s", temp_path("cache"));
    temp_text("cache/3e", "in the place of a folder");
    cr_assert_null(cache_open(folder, PLENTY, &error));
    cr_assert_str_eq(
        error.message,
        "can't be used as a cache: its folder 3e can't be listed: Not a directory (repair it, or choose another folder)");
    cr_assert_eq(unlink(temp_path("cache/3e")), 0);
    cr_assert_eq(mkdir(temp_path("cache/3f"), 0300), 0);
    temp_drop_root();
    error = (struct pm_error){0};
    cr_assert_null(cache_open(folder, PLENTY, &error));
    cr_assert_not_null(strstr(error.message, "its folder 3f can't be listed: Permission denied ("), "%s",
                       error.message);
}

static void *use(void *cache)
{
    for (unsigned i = 0; i < 400; i++) {
        store(cache, i % 23, 50 + i % 23);
        has(cache, (i * 7) % 23);
    }
    return NULL;
}

Test(cache, many_threads_use_it_at_once)
{
    const char *folder = temp_folder();
    struct cache *cache = open_cache(folder, 10 * 2 * BLOCK);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, use, cache), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    struct cache_usage usage = cache_usage(cache);
    cr_assert_leq(usage.bytes, 10 * 2 * BLOCK);
    cr_assert_geq(count_files(folder), 1);
    cache_close(cache);
}
