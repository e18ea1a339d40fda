/* Makes the kernel refuse system calls of this process and its children, as containers and older kernels
 * do. */
#ifndef TESTS_FORBID_H
#define TESTS_FORBID_H

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>

/* System call `number` fails with `failure` if argument `argument` matches the comparison; SCMP_CMP_GE with 0
 * always matches. Returns 0, or -1 if filters are not supported. */
static inline int forbid_call(int number, int failure, struct scmp_arg_cmp when)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int status = filter != NULL ? 0 : -1;
    if (status == 0)
        status = seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)failure), number, 1, when);
    if (status == 0)
        status = seccomp_load(filter);
    seccomp_release(filter);
    return status == 0 ? 0 : -1;
}

static inline int forbid_uring(void)
{
    return forbid_call(SCMP_SYS(io_uring_setup), EPERM, (struct scmp_arg_cmp){.op = SCMP_CMP_GE});
}

#endif
