/* Tables shared by workers: found by their keys, bounded, not freed while a job uses them, safe in threads.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/shared.h"

enum { TABLE = 1000 }; /* ints */

struct order {
    int value;
    atomic_uint *made;
};

static void *make(void *argument, struct arena *arena)
{
    const struct order *order = argument;
    int *table = order->value >= 0 ? arena_alloc(arena, TABLE * sizeof *table) : NULL;
    for (int i = 0; table != NULL && i < TABLE; i++)
        table[i] = order->value + i;
    atomic_fetch_add(order->made, 1);
    return table;
}

static const int *get(struct shared_hold *hold, int value, atomic_uint *made)
{
    struct order order = {.value = value, .made = made};
    return shared_table(hold, &value, sizeof value, make, &order);
}

Test(shared, a_table_is_made_once)
{
    atomic_uint made = 0;
    struct shared_hold one = {.shared = shared_new(1 << 20)}, two = {.shared = one.shared};
    const int *first = get(&one, 5, &made);
    cr_assert(first != NULL && first[0] == 5 && first[TABLE - 1] == 5 + TABLE - 1);
    cr_assert_eq(get(&two, 5, &made), first);
    cr_assert_eq(get(&two, 6, &made)[0], 6);
    cr_assert_eq(made, 2);
    shared_end_job(&one);
    cr_assert_eq(get(&one, 5, &made), first);
    shared_end_job(&one);
    shared_end_job(&two);
    cr_assert_eq(made, 2);
    shared_free(one.shared);
}

/* The keys' bytes decide, not their hashes: here all lengths of zeros. */
Test(shared, keys_differ_by_their_length)
{
    static const char zeros[16];
    atomic_uint made = 0;
    struct shared_hold hold = {.shared = shared_new(1 << 20)};
    for (int size = 1; size <= 16; size++) {
        struct order order = {.value = size, .made = &made};
        const int *table = shared_table(&hold, zeros, (size_t)size, make, &order);
        cr_assert(table != NULL && table[0] == size);
        shared_end_job(&hold);
    }
    cr_assert_eq(made, 16);
    shared_free(hold.shared);
}

/* Three tables fit; the one unused for longest gives way, unless a job holds it. */
Test(shared, is_bounded)
{
    atomic_uint made = 0;
    struct shared_hold job = {.shared = shared_new(3 * (TABLE * sizeof(int) + 512))},
                       other = {.shared = job.shared};
    const int *kept = get(&other, 0, &made);
    for (int i = 1; i < 50; i++) {
        cr_assert_not_null(get(&job, i, &made));
        shared_end_job(&job);
    }
    cr_assert_eq(made, 50);
    cr_assert_eq(get(&job, 49, &made)[0], 49);
    cr_assert_eq(get(&job, 0, &made), kept);
    cr_assert_eq(kept[1], 1);
    cr_assert_eq(made, 50);
    shared_end_job(&job);
    get(&job, 1, &made);
    cr_assert_eq(made, 51);
    shared_end_job(&job);
    shared_end_job(&other);
    shared_free(job.shared);
}

Test(shared, what_does_not_fit_is_not_kept)
{
    atomic_uint made = 0;
    struct shared_hold small = {.shared = shared_new(TABLE)}, none = {.shared = NULL};
    cr_assert_null(get(&small, 1, &made));
    cr_assert_null(get(&none, 1, &made));
    cr_assert_null(get(&small, -1, &made), "it can't be made");
    shared_end_job(&small);
    shared_end_job(&none);
    shared_free(small.shared);
    struct shared_hold all = {.shared = shared_new(3 * TABLE * sizeof(int))};
    cr_assert(get(&all, 1, &made) != NULL && get(&all, 2, &made) != NULL);
    cr_assert_null(get(&all, 3, &made), "both are in use");
    shared_end_job(&all);
    cr_assert_not_null(get(&all, 3, &made));
    shared_end_job(&all);
    shared_free(all.shared);
}

static atomic_uint made_by_all;
static atomic_bool wrong;

static void *use_many(void *argument)
{
    struct shared_hold hold = {.shared = argument};
    for (int i = 0; i < 2000; i++) {
        const int value = i * 7 % 11;
        const int *table = get(&hold, value, &made_by_all);
        if (table != NULL && (table[0] != value || table[TABLE - 1] != value + TABLE - 1))
            atomic_store(&wrong, true);
        shared_end_job(&hold);
    }
    return NULL;
}

Test(shared, threads_share_tables)
{
    pthread_t threads[4];
    struct shared *shared = shared_new(6 * (TABLE * sizeof(int) + 512));
    for (int i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, use_many, shared), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    cr_assert(!wrong);
    cr_assert_geq(made_by_all, 11);
    shared_free(shared);
}
