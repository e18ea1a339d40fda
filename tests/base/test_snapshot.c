#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/snapshot.h"

#ifndef PIXMILL_SANITIZED

enum { GAPS = 16, SIZE = 100000, SMALL = 40, DEPTH = 100000 };

static char initialised[SIZE] = "before", zeroed[SIZE];
static char *at_start; /* a block from before the snapshot */

/* What is left of the work, found by another function: uninitialised variables have the stack's old
 * content. */
__attribute__((noinline)) static void use_stack(void)
{
    volatile char deep[DEPTH];
    for (size_t i = 0; i < sizeof deep; i++)
        deep[i] = 'x';
}

__attribute__((noinline)) static size_t count_on_stack(void)
{
    volatile char deep[DEPTH];
    __asm__ volatile("" ::"r"(deep) : "memory");
    size_t count = 0;
    for (size_t i = 0; i < sizeof deep; i++)
        count += deep[i] == 'x';
    return count;
}

static void work(void)
{
    memset(initialised, 'x', sizeof initialised);
    memset(zeroed, 'x', sizeof zeroed);
    memset(at_start, 'x', SMALL);
    char *blocks[] = {malloc(SIZE), malloc(SMALL)};
    memset(blocks[0], 'x', SIZE);
    memset(blocks[1], 'x', SMALL);
    free(blocks[0]);
    free(blocks[1]);
    use_stack();
}

/* The number of the first check that fails, or 0. Nothing it calls may allocate before it has looked. */
static int check(const struct snapshot *snapshot, uint8_t *heap_end)
{
    for (int turn = 0; turn < 3; turn++) {
        work();
        if (snapshot_restore(snapshot) != 0)
            return 1;
        if (count_on_stack() > GAPS)
            return 2;
        if (strcmp(initialised, "before") != 0 || initialised[SIZE - 1] != '\0')
            return 3;
        for (size_t i = 0; i < SIZE; i++) {
            if (zeroed[i] != 0)
                return 4;
        }
        if (strcmp(at_start, "block") != 0)
            return 5;
        if (sbrk(0) != heap_end)
            return 6;
        static const char trace[16] = "xxxxxxxxxxxxxxxx";
        const uint8_t *heap = (const uint8_t *)at_start;
        if (memmem(heap, (size_t)(heap_end - heap), trace, sizeof trace) != NULL)
            return 7;
        char *block = malloc(SIZE); /* and the heap works */
        if (block == NULL)
            return 8;
        free(block);
    }
    return 0;
}

Test(snapshot, restores_all_that_was_written)
{
    pid_t child = fork();
    if (child == 0) {
        at_start = malloc(SMALL);
        memcpy(at_start, "block", 6);
        struct snapshot *snapshot = snapshot_take();
        _exit(snapshot != NULL ? check(snapshot, sbrk(0)) : 99);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status), "it was ended by signal %d", WTERMSIG(status));
    cr_assert_eq(WEXITSTATUS(status), 0, "check %d", WEXITSTATUS(status));
}

/* Shared memory is not restored: arenas and regions are wiped elsewhere. */
Test(snapshot, leaves_alone_what_was_mapped_since_and_what_is_shared)
{
    pid_t child = fork();
    if (child == 0) {
        char *shared = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        struct snapshot *snapshot = snapshot_take();
        char *later = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        shared[0] = later[0] = 'x';
        _exit(snapshot_restore(snapshot) == 0 && shared[0] == 'x' && later[0] == 'x' ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
}

#endif
