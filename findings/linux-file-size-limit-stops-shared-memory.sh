#!/usr/bin/env bash
# RLIMIT_FSIZE, the limit for the size of files, applies to memfd and POSIX shared memory, and its signal kills the process.
#
# A worker that has to write nothing to disk can be given RLIMIT_FSIZE 0, as a cheap lock on files. Pipes and sockets are not subject to it.
# Memory shared by memfd_create or shm_open is memory, limited by RLIMIT_AS or a cgroup, one would guess; an anonymous shared mapping and
# System V shared memory of the same size, which the kernel keeps in the very same tmpfs, are not subject either. But ftruncate of a memfd
# checks the limit of files: SIGXFSZ, which kills by default, or EFBIG. Even a memfd that was large before cannot be
# written with write(), though a mapping of it can.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v cc >/dev/null || { echo "cannot be tried here: a C compiler is missing"; exit 2; }
cat >limit.c <<'EOF'
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <unistd.h>

static volatile sig_atomic_t signals;

static void count(int signal) { (void)signal, signals++; }

// Prints to a pipe: a regular file as the output would be subject to the limit itself.
int main(void)
{
    int before = memfd_create("before", MFD_CLOEXEC), after = memfd_create("after", MFD_CLOEXEC);
    if (before < 0 || after < 0 || ftruncate(before, 4096)) return 2;
    signal(SIGXFSZ, count);
    if (setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, 0})) return 2;

    char *anonymous = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    printf("anonymous=%s ", anonymous != MAP_FAILED && (anonymous[0] = 1) ? "ok" : "failed");
    int id = shmget(IPC_PRIVATE, 4096, 0600);
    printf("sysv=%s ", id >= 0 ? "ok" : "failed");
    if (id >= 0) shmctl(id, IPC_RMID, NULL);
    int failed = ftruncate(after, 4096);
    printf("ftruncate=%s,%d ", failed ? strerrorname_np(errno) : "ok", (int)signals);
    signals = 0;
    failed = pwrite(before, "x", 1, 0) != 1;
    printf("pwrite=%s,%d ", failed ? strerrorname_np(errno) : "ok", (int)signals);
    char *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, before, 0);
    printf("mapping=%s\n", mapped != MAP_FAILED && (mapped[0] = 1) ? "ok" : "failed");
}
EOF
cc limit.c -o limit
seen=$(./limit | cat) || { echo "cannot be tried here"; exit 2; }
echo "version:  Linux $(uname -r)"
echo "expected: with RLIMIT_FSIZE 0 shared memory can be made and written, by whichever call"
echo "seen:     (error, number of signals) $seen"
[ "$seen" = 'anonymous=ok sysv=ok ftruncate=EFBIG,1 pwrite=EFBIG,1 mapping=ok' ] || { echo "the behaviour has changed"; exit 1; }
