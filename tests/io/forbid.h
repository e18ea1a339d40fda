/* Has the system refuse io_uring to this process from now on, as containers do. */
#ifndef TESTS_IO_FORBID_H
#define TESTS_IO_FORBID_H

#include <errno.h>
#include <seccomp.h>

/* 0, or -1 when there is no such filter. */
static inline int forbid_uring(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int status = filter != NULL ? 0 : -1;
    if (status == 0)
        status = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(io_uring_setup), 0);
    if (status == 0)
        status = seccomp_load(filter);
    seccomp_release(filter);
    return status == 0 ? 0 : -1;
}

#endif
