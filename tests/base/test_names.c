#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "base/set.h"

Test(names, each_is_a_copy_of_its_own)
{
    struct names names = {0};
    const char *kept[5000];
    char text[16];
    for (int i = 0; i < 5000; i++) {
        int length = snprintf(text, sizeof text, "name %d", i);
        kept[i] = names_add(&names, text, (size_t)length);
        cr_assert_not_null(kept[i]);
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "name %d", i);
        cr_assert_str_eq(kept[i], text);
    }
    names_free(&names);
    cr_assert_null(names.newest);
}

Test(names, a_name_may_be_longer_than_a_block_and_things_are_aligned)
{
    struct names names = {0};
    char *large = names_alloc(&names, 1 << 20);
    memset(large, 1, 1 << 20);
    cr_assert_not_null(names_add(&names, "odd", 3));
    cr_assert_eq((uintptr_t)names_alloc(&names, 32) % 16, 0);
    cr_assert_null(names_alloc(&names, SIZE_MAX - 100));
    names_free(&names);
}

struct pair {
    int key, value;
};

static uint64_t pair_hash(const void *item)
{
    return set_hash(&((const struct pair *)item)->key, sizeof(int));
}

static bool pair_equal(const void *a, const void *b)
{
    return ((const struct pair *)a)->key == ((const struct pair *)b)->key;
}

Test(set, finds_what_was_put_and_nothing_else)
{
    enum { COUNT = 1000 };
    struct set set;
    static struct pair pairs[COUNT];
    set_init(&set, pair_hash, pair_equal);
    cr_assert_null(set_find(&set, &pairs[0]));
    for (int i = 0; i < COUNT; i++) {
        pairs[i].key = i * 64;
        cr_assert_eq(set_put(&set, &pairs[i]), 0);
    }
    cr_assert_eq(set.count, COUNT);
    for (int i = 0; i < COUNT; i++) {
        cr_assert_eq(set_find(&set, &(struct pair){.key = i * 64}), &pairs[i]);
        cr_assert_null(set_find(&set, &(struct pair){.key = i * 64 + 1}));
    }
    set_free(&set);
}

Test(set, an_equal_item_takes_the_place)
{
    struct set set;
    struct pair first = {1, 1}, second = {1, 2};
    set_init(&set, pair_hash, pair_equal);
    cr_assert_eq(set_put(&set, &first), 0);
    cr_assert_eq(set_put(&set, &second), 0);
    cr_assert_eq(set.count, 1);
    cr_assert_eq(set_find(&set, &first), &second);
    set_free(&set);
}
