#!/usr/bin/env bash
# Data that sendfile or splice has sent still changes, or becomes zero, when the file is overwritten or truncated afterwards.
#
# sendfile returns the number of bytes sent, so one expects the same as after write: the file may now be changed or reused. But no byte was
# copied. The pipe, UNIX socket or TCP connection holds references to the file's cached pages, and the reader gets what they contain when it
# reads. A program that sends a result with sendfile and then reuses the scratch file for the next one sends a mixture if the reader is slow;
# if it truncates the file first, it sends zeros. Data sent with write does not change.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v cc >/dev/null || { echo "cannot be tried here: a C compiler is missing"; exit 2; }
cat >send.c <<'EOF'
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SIZE = 8192 };

// A TCP connection of this process to itself.
static int tcp(int ends[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (void *)&address, length) || listen(listener, 1) || getsockname(listener, (void *)&address, &length)) return -1;
    ends[1] = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(ends[1], (void *)&address, length)) return -1;
    ends[0] = accept(listener, NULL, NULL);
    return ends[0] < 0 ? -1 : 0;
}

// send pipe|unix|tcp sendfile|write
int main(int argc, char **argv)
{
    static char bytes[SIZE];
    int ends[2], file = open("scratch", O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (argc < 3 || file < 0) return 2;
    if (argv[1][0] == 'p' ? pipe(ends) : argv[1][0] == 't' ? tcp(ends) : socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) return 2;
    memset(bytes, 'a', SIZE);
    if (write(file, bytes, SIZE) != SIZE) return 2;
    off_t from = 0;
    if ((argv[2][0] == 'w' ? write(ends[1], bytes, SIZE) : sendfile(ends[1], file, &from, SIZE)) != SIZE) return 3;
    if (pwrite(file, "bbbb", 4, 0) != 4 || ftruncate(file, 5000)) return 2; // all is sent: the file is used for something else
    for (int got = 0; got < SIZE;) {
        ssize_t more = read(ends[0], bytes + got, (size_t)(SIZE - got));
        if (more <= 0) return 2;
        got += (int)more;
    }
    int a = 0, b = 0, zero = 0;
    for (int i = 0; i < SIZE; i++) a += bytes[i] == 'a', b += bytes[i] == 'b', zero += bytes[i] == 0;
    printf("%d a, %d b, %d zero\n", a, b, zero);
    return 0;
}
EOF
cc send.c -o send
echo "version:  Linux $(uname -r)"
echo "expected: 8192 a: everything was sent before 4 bytes of the file became b and its last 3192 bytes were cut off"
seen=
for how in 'pipe write' 'pipe sendfile' 'unix sendfile' 'tcp sendfile'; do
    # shellcheck disable=SC2086 # two words
    result=$(./send $how) || { echo "cannot be tried here: $how failed"; exit 2; }
    echo "seen:     $how: $result"
    seen+="$result;"
done
late='4996 a, 4 b, 3192 zero;'
[ "$seen" = "8192 a, 0 b, 0 zero;$late$late$late" ] || { echo "the behaviour has changed"; exit 1; }
