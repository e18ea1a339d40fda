#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "serve/hot.h"
#include "temp.h"

static struct hot hot;

static void key_of(unsigned number, uint8_t key[CACHE_KEY_BYTES])
{
    memset(key, 0x3f, CACHE_KEY_BYTES);
    key[0] = (uint8_t)number;
    key[1] = (uint8_t)(number >> 8);
    key[CACHE_KEY_BYTES - 1] = (uint8_t)(number >> 16);
}

static const struct hot_slot *keep(unsigned number, const char *text)
{
    uint8_t key[CACHE_KEY_BYTES];
    const char *path = temp_text("result", text);
    struct cache_hit hit = {
        .fd = open(path, O_RDONLY), .size = strlen(text), .codec = codec_of_suffix("png")};
    cr_assert_geq(hit.fd, 0);
    key_of(number, key);
    struct shared_bytes *bytes = hot_read(&hit);
    cr_assert_not_null(bytes);
    const struct hot_slot *slot = hot_keep(&hot, key, &hit, bytes);
    close(hit.fd);
    return slot;
}

static bool has(unsigned number, const char *text)
{
    uint8_t key[CACHE_KEY_BYTES];
    key_of(number, key);
    const struct hot_slot *slot = hot_find(&hot, key);
    return slot != NULL && slot->codec == codec_of_suffix("png") && slot->bytes->bytes.size == strlen(text) &&
           memcmp(slot->bytes->bytes.data, text, strlen(text)) == 0;
}

Test(hot, what_was_kept_is_found_until_another_takes_its_place)
{
    cr_assert_not(has(1, "one"));
    cr_assert_not_null(keep(1, "one"));
    cr_assert_not_null(keep(2, "two"));
    cr_assert(has(1, "one") && has(2, "two"));
    cr_assert_not_null(keep(1 + (1 << 16), "the same place"));
    cr_assert(has(1 + (1 << 16), "the same place") && has(2, "two"));
    uint8_t gone[CACHE_KEY_BYTES];
    key_of(1, gone);
    cr_assert_null(hot_find(&hot, gone), "another's result is no result");
    hot_free(&hot);
    cr_assert(!has(2, "two"));
}

Test(hot, what_a_client_is_still_sent_outlives_its_place)
{
    struct shared_bytes *sent = shared_bytes_hold(keep(1, "one")->bytes);
    keep(1 + (1 << 16), "another");
    hot_free(&hot);
    cr_assert_eq(memcmp(sent->bytes.data, "one", 3), 0);
    cr_assert_eq(sent->users, 1);
    shared_bytes_drop(sent);
}

Test(hot, a_file_that_is_not_as_long_as_was_said_is_not_kept)
{
    uint8_t key[CACHE_KEY_BYTES];
    key_of(7, key);
    struct cache_hit hit = {
        .fd = open(temp_text("short", "abc"), O_RDONLY), .size = 4, .codec = codec_of_suffix("png")};
    cr_assert_null(hot_read(&hit));
    cr_assert_null(hot_find(&hot, key));
    close(hit.fd);
}

Test(hot, a_file_in_memory_is_read_without_waiting)
{
    struct cache_hit hit = {
        .fd = open(temp_text("result", "abc"), O_RDONLY), .size = 3, .codec = codec_of_suffix("png")};
    struct shared_bytes *bytes = hot_read_cached(&hit);
    if (bytes == NULL && errno == EOPNOTSUPP)
        cr_skip_test("this file system (tmpfs is one) does not tell what is in memory");
    cr_assert_not_null(bytes);
    cr_assert_eq(bytes->bytes.size, 3);
    cr_assert_eq(memcmp(bytes->bytes.data, "abc", 3), 0);
    shared_bytes_drop(bytes);
    hit.size = 4;
    cr_assert_null(hot_read_cached(&hit), "it is shorter than was said");
    close(hit.fd);
}

Test(hot, a_larger_one_lies_in_a_file_of_its_own)
{
    char *text = calloc(1, HOT_COPIED + 2), *again = malloc(HOT_COPIED + 1);
    for (size_t i = 0; i < HOT_COPIED + 1; i++)
        text[i] = (char)('a' + i % 23);
    const struct hot_slot *slot = keep(3, text);
    cr_assert_not_null(slot);
    int fd = slot->bytes->fd;
    cr_assert_geq(fd, 0);
    cr_assert_null(slot->bytes->bytes.data);
    cr_assert_eq(slot->size, HOT_COPIED + 1);
    cr_assert_eq(pread(fd, again, HOT_COPIED + 1, 0), HOT_COPIED + 1);
    cr_assert_arr_eq(again, text, HOT_COPIED + 1);
    hot_free(&hot);
    cr_assert_eq(fcntl(fd, F_GETFD), -1, "it is still open");
    free(text);
    free(again);
}
