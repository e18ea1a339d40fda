#include "base/memo.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

static bool finds(const struct memo *memo, const char *key, const char *value)
{
    const char *found = memo_find(memo, key, strlen(key));
    return found != NULL && strcmp(found, value) == 0;
}

static void keep(struct memo *memo, const char *key, const char *value)
{
    memo_keep(memo, key, strlen(key), value, strlen(value) + 1);
}

Test(memo, a_value_offered_twice_is_found_by_its_whole_key)
{
    struct memo memo;
    memo_init(&memo);
    keep(&memo, "four", "value");
    cr_assert_null(memo_find(&memo, "four", 4), "what comes once alone displaces others");
    keep(&memo, "four", "value");
    cr_assert(finds(&memo, "four", "value"));
    cr_assert_eq((uintptr_t)memo_find(&memo, "four", 4) % 64, 0);
    cr_assert_null(memo_find(&memo, "fou", 3));
    cr_assert_null(memo_find(&memo, "fours", 5));
    cr_assert_null(memo_find(&memo, "fout", 4));
    memo_end_job(&memo);
    cr_assert(finds(&memo, "four", "value"), "it is there for the next job");
    memo_free(&memo);
}

Test(memo, a_caller_without_one_finds_nothing)
{
    memo_keep(NULL, "key", 3, "value", 6);
    cr_assert_null(memo_find(NULL, "key", 3));
}

/* Values may be in use until the job ends. */
Test(memo, what_does_not_fit_displaces_others_only_behind_the_job)
{
    static uint8_t large[MEMO_BYTES + 1];
    struct memo memo;
    memo_init(&memo);
    for (unsigned i = 0; i < 2; i++)
        keep(&memo, "first", "value");
    const void *first = memo_find(&memo, "first", 5);
    for (unsigned i = 0; i < 2; i++)
        memo_keep(&memo, "large", 5, large, sizeof large);
    cr_assert_null(memo_find(&memo, "large", 5));
    cr_assert_eq(memo_find(&memo, "first", 5), first);
    cr_assert(finds(&memo, "first", "value"));
    memo_end_job(&memo);
    cr_assert_null(memo_find(&memo, "first", 5));
    for (unsigned i = 0; i < 2; i++)
        keep(&memo, "next", "job's");
    cr_assert(finds(&memo, "next", "job's"));
    memo_free(&memo);
}

Test(memo, takes_no_more_entries_and_bytes_than_it_says)
{
    static const uint8_t value[MEMO_BYTES / 5];
    struct memo memo;
    memo_init(&memo);
    unsigned small = 0, large = 0;
    for (unsigned i = 0; i < 2 * (MEMO_ENTRIES + 1); i++) {
        const unsigned key = i / 2;
        memo_keep(&memo, &key, sizeof key, value, 1);
    }
    for (unsigned key = 0; key < MEMO_ENTRIES + 1; key++)
        small += memo_find(&memo, &key, sizeof key) != NULL;
    cr_assert_eq(small, MEMO_ENTRIES);
    memo_end_job(&memo);
    for (unsigned i = 0; i < 12; i++) {
        const unsigned key = 1000 + i / 2;
        memo_keep(&memo, &key, sizeof key, value, sizeof value);
    }
    for (unsigned key = 1000; key < 1006; key++)
        large += memo_find(&memo, &key, sizeof key) != NULL;
    cr_assert_eq(large, 4, "with their keys, five do not fit");
    memo_free(&memo);
}
