#!/usr/bin/env bash
# A pipe of 64 KiB is full after 32 KiB, or holds all 64, depending on the sizes of the writes.
#
# F_GETPIPE_SZ and pipe(7) give the capacity in bytes, and a pipe is a byte stream: one expects that it takes messages of any size until
# fewer bytes are left than the next one needs. But the kernel keeps a ring of pages. The end of a write is joined to the last page only if
# it fits there as a whole; otherwise it starts a new page and the rest of the old one stays empty. Messages of 2049 bytes fill
# half of each page. A result queue that was sized by the capacity in bytes therefore blocks its writer much earlier, and a few bytes
# more per message can halve it.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v cc >/dev/null || { echo "cannot be tried here: a C compiler is missing"; exit 2; }
[ "$(getconf PAGESIZE)" = 4096 ] || { echo "cannot be tried here: the page size is not 4096"; exit 2; }
cat >fill.c <<'EOF'
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

// fill BYTES: writes messages of that size until the pipe is full; prints the bytes in the pipe
int main(int argc, char **argv)
{
    static char message[8192];
    size_t size = strtoul(argv[argc - 1], NULL, 10);
    int ends[2], bytes = 0;
    if (pipe2(ends, O_NONBLOCK) || fcntl(ends[1], F_SETPIPE_SZ, 65536) != 65536) return 2;
    while (write(ends[1], message, size) > 0) continue;
    if (ioctl(ends[0], FIONREAD, &bytes)) return 2;
    printf("%d\n", bytes);
}
EOF
cc fill.c -o fill
echo "version:  Linux $(uname -r)"
echo "expected: about 65536 bytes, less than one message short of it, for every size"
seen=
for size in 1 1365 1366 2048 2049 4096 4097; do
    bytes=$(./fill $size) || { echo "cannot be tried here: no pipe of 65536 bytes"; exit 2; }
    echo "seen:     messages of $size bytes: full at $bytes"
    seen+="$bytes "
done
[ "$seen" = '65536 65520 43712 65536 32784 65536 45066 ' ] || { echo "the behaviour has changed"; exit 1; }
