#include "base/secret_memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* Has the mapping of `piece` that flag (proc(5), VmFlags)? */
static bool has_flag(const void *piece, const char *flag)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    cr_assert_not_null(maps);
    char line[512];
    bool inside = false, found = false;
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long begin, end;
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
            inside = (unsigned long)piece >= begin && (unsigned long)piece < end;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            found = found || strstr(line, flag) != NULL;
    }
    fclose(maps);
    return found;
}

static bool may_lock(void)
{
    struct rlimit limit;
#ifdef PIXMILL_SANITIZED /* AddressSanitizer makes mlock do nothing */
    return false;
#endif
    return geteuid() == 0 || (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur >= 1 << 20);
}

Test(secret_memory, pieces_are_zero_and_left_out_of_dumps)
{
    static unsigned char ordinary[5000];
    unsigned char *piece = secret_alloc(sizeof ordinary);
    cr_assert_not_null(piece);
    for (size_t i = 0; i < 5000; i++)
        cr_assert_eq(piece[i], 0);
    cr_assert(has_flag(piece, " dd"));
    cr_assert(has_flag(piece + 4999, " dd"));
    cr_assert(!has_flag(ordinary, " dd"));
    secret_free(piece, 5000);
    secret_free(NULL, 5000);
}

Test(secret_memory, is_locked_in_memory)
{
    if (!may_lock())
        cr_skip_test("no memory may be locked (ulimit -l)");
    unsigned char *piece = secret_alloc(5000);
    cr_assert_not_null(piece);
    cr_assert(has_flag(piece, " lo"));
    secret_free(piece, 5000);
}

Test(secret_memory, more_than_may_be_locked_is_had_all_the_same)
{
    cr_assert_eq(setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){0, 0}), 0);
    void *piece = secret_alloc(100);
    cr_assert_not_null(piece);
    cr_assert(has_flag(piece, " dd"));
    secret_free(piece, 100);
}

#ifndef PIXMILL_SANITIZED /* a sanitizer itself needs more addresses than this allows */
Test(secret_memory, no_memory)
{
    cr_assert_eq(setrlimit(RLIMIT_AS, &(struct rlimit){1 << 20, 1 << 20}), 0);
    cr_assert_null(secret_alloc(1 << 20));
}
#endif
