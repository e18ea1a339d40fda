#!/usr/bin/env bash
# glibc's aio_write is not started while an aio_read of the same descriptor waits for data, even on a socket.
#
# POSIX asynchronous I/O exists so that several operations are in progress at once, and the two directions of a socket are independent.
# glibc carries the requests out with threads, but one thread for each descriptor, which takes that descriptor's requests one after the
# other. So a read that waits for the peer's answer holds back the question that was to be written after it; both report
# "in progress". With a duplicate of the descriptor the write is done at once. For one file opened once it means that any number
# of aio_read are read one by one.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v cc >/dev/null || { echo "cannot be tried here: a C compiler is missing"; exit 2; }
cat >duplex.c <<'EOF'
#include <aio.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

// Queues a read, then a write; returns whether the peer gets the written byte within a second, before and after it answers the read.
static int try(int duplicate)
{
    int ends[2];
    char in, answer = 'a', question = 'q';
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) return -1;
    struct aiocb read = {.aio_fildes = ends[0], .aio_buf = &in, .aio_nbytes = 1};
    struct aiocb written = {.aio_fildes = duplicate ? dup(ends[0]) : ends[0], .aio_buf = &question, .aio_nbytes = 1};
    struct pollfd peer = {.fd = ends[1], .events = POLLIN};
    if (aio_read(&read) || aio_write(&written)) return -1;
    int before = poll(&peer, 1, 1000);
    if (!before && (aio_error(&read) != EINPROGRESS || aio_error(&written) != EINPROGRESS)) return -1;
    if (write(ends[1], &answer, 1) != 1) return -1;
    int after = poll(&peer, 1, 10000);
    printf("%s %s ", before ? "arrives" : "waits", after ? "arrives" : "waits");
    return 0;
}

int main(void) { return try(0) || try(1) ? 2 : 0; }
EOF
cc duplex.c -o duplex
read -r before after duplicate _ < <(./duplex) || true
echo "version:  $(getconf GNU_LIBC_VERSION) ($(dpkg-query -W libc6 2>/dev/null | tr '\t' ' '))"
echo "expected: the write arrives at the peer while the read waits"
echo "seen:     within a second the write $before; once the peer has sent a byte for the read, it $after;"
echo "          through a duplicate of the descriptor it $duplicate although the read waits"
[[ $before = waits && $after = arrives && $duplicate = arrives ]] || { echo "the behaviour has changed"; exit 1; }
