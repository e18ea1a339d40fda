/* Constant memory: its bytes, and that no process can change them. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/constant.h"

enum { SIZE = 10000 };

Test(constant, is_a_copy_that_cannot_become_writable)
{
    uint8_t *bytes = malloc(SIZE);
    for (int i = 0; i < SIZE; i++)
        bytes[i] = (uint8_t)(i * 7);
    uint8_t *copy = constant_copy(bytes, SIZE);
    cr_assert_not_null(copy);
    cr_expect_arr_eq(copy, bytes, SIZE);
    cr_expect_eq(mprotect(copy, SIZE, PROT_READ | PROT_WRITE), -1);
    const pid_t child = fork();
    if (child == 0)
        _exit(mprotect(copy, SIZE, PROT_READ | PROT_WRITE) != 0 && memcmp(copy, bytes, SIZE) == 0 ? 0 : 1);
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0);
    constant_free(copy, SIZE);
    free(bytes);
}

/* If the file size limit is lower, none is made and no signal is raised. */
Test(constant, is_not_made_over_the_limit_of_a_files_size)
{
    static const uint8_t bytes[SIZE];
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = SIZE - 1;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_expect_null(constant_copy(bytes, SIZE));
    void *copy = constant_copy(bytes, SIZE - 1);
    cr_expect_not_null(copy);
    constant_free(copy, SIZE - 1);
    constant_free(NULL, 0);
}
