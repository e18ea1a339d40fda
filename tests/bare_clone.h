/* fork() as the one system call `clone`, for tests that look at which call a sandbox stops. Before it, fork()
 * of glibc 2.42 and later blocks signals, and is stopped there. */
#ifndef TESTS_BARE_CLONE_H
#define TESTS_BARE_CLONE_H

#include <signal.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static inline pid_t bare_clone(void)
{
#ifdef __s390__ /* the stack comes first there */
    return (pid_t)syscall(SYS_clone, NULL, SIGCHLD, NULL, NULL, NULL);
#else
    return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
#endif
}

#endif
