#!/usr/bin/env bash
# preadv2 with RWF_NOWAIT reads cached data of a file on disk, but is refused on tmpfs, where all data is in memory.
#
# RWF_NOWAIT reads what the page cache holds and fails with EAGAIN where it would wait for a disk. An event loop reads cached files with
# it at once and gives only the others to a thread. For files on tmpfs and for memfd there is nothing to wait for, so one expects
# that it always succeeds there. It fails instead with EOPNOTSUPP: the files that can be read the fastest are the ones sent to a thread, or
# taken for unreadable by a program that knows only EAGAIN. A program tested in /tmp on disk first meets this in /dev/shm.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v cc >/dev/null || { echo "cannot be tried here: a C compiler is missing"; exit 2; }
[ "$(stat -f -c %T /dev/shm)" = tmpfs ] || { echo "cannot be tried here: /dev/shm is not a tmpfs"; exit 2; }
cat >nowait.c <<'EOF'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

// Reads what has just been written to the file, without waiting.
static void try(const char *where, int file)
{
    char data[4];
    struct iovec part = {data, sizeof data};
    if (file < 0 || write(file, "data", 4) != 4 || fsync(file)) {
        printf("%s: cannot be written\n", where);
        return;
    }
    ssize_t length = preadv2(file, &part, 1, 0, RWF_NOWAIT);
    printf("%s: %s\n", where, length < 0 ? strerrorname_np(errno) : length == 4 ? "read" : "short");
}

int main(int argc, char **argv)
{
    try("disk", open(argv[argc - 1], O_TMPFILE | O_RDWR, 0600));
    try("/dev/shm", open("/dev/shm", O_TMPFILE | O_RDWR, 0600));
    try("memfd", memfd_create("test", MFD_CLOEXEC));
}
EOF
cc nowait.c -o nowait
for folder in "$work" "$HOME" /var/tmp "$PWD"; do # a folder on a file system that supports it
    case $(stat -f -c %T "$folder") in ext* | xfs | btrfs) break ;; esac
    folder=
done
[ -n "$folder" ] || { echo "cannot be tried here: no folder on ext4, xfs or btrfs"; exit 2; }
echo "version:  Linux $(uname -r)"
echo "expected: read, three times"
seen=$(./nowait "$folder" | paste -sd ',' | sed 's/,/, /g')
echo "seen:     $(stat -f -c %T "$folder") on $seen"
[ "$seen" = 'disk: read, /dev/shm: EOPNOTSUPP, memfd: EOPNOTSUPP' ] || { echo "the behaviour has changed"; exit 1; }
