#!/usr/bin/env bash
# glibc's qsort makes a system call, sysinfo, but only for 1 KiB or more of data and only the first time.
#
# Sorting an array in place looks like pure computation, so a seccomp filter that leaves a process nothing but computing and writing
# should let it pass. In glibc 2.36 qsort is a merge sort with a temporary copy. Before it allocates one it asks once for the
# size of the machine's memory, to keep to a quarter of it. A test that sorts a few numbers, or sorts once before the filter is set,
# does not see it; the same code with more data is then stopped in the field. Here the filter raises SIGSYS, whose handler
# prints the number of the call.
#
# No package is needed but a C compiler: the C library is the system's.
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v cc >/dev/null || { echo "cannot be tried here: a C compiler is missing"; exit 2; }
cat >sort.c <<'EOF'
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int numbers[4096];

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static void report(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    const char *text = info->si_syscall == __NR_sysinfo ? "stopped at sysinfo\n" : "stopped at another call\n";
    size_t length = 0;
    while (text[length]) length++;
    _exit(write(1, text, length) < 0);
}

// sort COUNT [sorted before the filter: COUNT]
int main(int argc, char **argv)
{
    for (int i = 0; i < 4096; i++) numbers[i] = rand() % 1000;
    size_t count = strtoul(argv[1], NULL, 10);
    if (argc > 2) qsort(numbers, strtoul(argv[2], NULL, 10), sizeof *numbers, compare);
    free(malloc(4 * sizeof numbers)); // the heap is set up: the sort needs no more from the system
    struct sigaction action = {.sa_sigaction = report, .sa_flags = SA_SIGINFO};
    sigaction(SIGSYS, &action, NULL);
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_write, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_exit_group, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof rules / sizeof *rules, rules};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)) return 3;
    qsort(numbers, count, sizeof *numbers, compare);
    _exit(write(1, "sorted\n", 7) != 7);
}
EOF
cc sort.c -o sort
few=$(./sort 255) many=$(./sort 256) again=$(./sort 256 256)
echo "version:  $(getconf GNU_LIBC_VERSION) ($(dpkg-query -W libc6 2>/dev/null | tr '\t' ' '))"
echo "expected: sorting needs no system call once there is room on the heap"
echo "seen:     255 ints: $few; 256 ints: $many; 256 ints after a first sort without the filter: $again"
[[ $few = sorted && $many = 'stopped at sysinfo' && $again = sorted ]] || { echo "the behaviour has changed"; exit 1; }
