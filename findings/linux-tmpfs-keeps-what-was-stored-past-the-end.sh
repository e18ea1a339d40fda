#!/usr/bin/env bash
# On tmpfs and in a memfd, bytes stored past the end of a file through a mapping become part of the file when it grows.
#
# A mapping covers whole pages. Bytes stored in the last page after the end of the file do not belong to the file: mmap(2) says they are not
# written out, and ftruncate(2) says an extended file reads as null bytes there. So it seems harmless to store rows with full vectors that
# run a few bytes past the end. On a disk file system it is: the rest of the page is cleared when the file grows. In shared memory (shm_open,
# memfd_create, /dev/shm) nothing clears it: ftruncate, or a write at a larger offset, makes the stray bytes part of the file, where readers
# expect zeros.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v cc >/dev/null || { echo "cannot be tried here: a C compiler is missing"; exit 2; }
cat >grow.c <<'EOF'
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// How many bytes from 100 on are not null in a file that had 100 bytes, got 1000 more through its mapping and then grew to 2003.
static int stray(int file, int by_write)
{
    char bytes[2003] = {0};
    if (ftruncate(file, 0) || ftruncate(file, 100)) return -1;
    char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (map == MAP_FAILED) return -1;
    memset(map, 'X', 1100);
    if (by_write ? pwrite(file, "end", 3, 2000) != 3 : ftruncate(file, 2003) != 0) return -1;
    if (pread(file, bytes, 2003, 0) != 2003) return -1;
    int count = 0;
    for (int i = 100; i < 2000; i++) count += bytes[i] != 0;
    munmap(map, 4096);
    return count;
}

// grow [FILE]: without a file, in a memfd
int main(int argc, char **argv)
{
    int file = argc > 1 ? open(argv[1], O_RDWR | O_CREAT, 0600) : memfd_create("grow", 0);
    if (file < 0) return 2;
    int by_ftruncate = stray(file, 0), by_write = stray(file, 1);
    if (by_ftruncate < 0 || by_write < 0) return 2;
    printf("%d %d\n", by_ftruncate, by_write);
    return 0;
}
EOF
cc grow.c -o grow
type=$(stat -f -c %T .)
echo "version:  Linux $(uname -r)"
echo "expected: 0 bytes that are not null between the old end of the file and what is written behind it later"
memory=$(./grow) || { echo "cannot be tried here: no memfd"; exit 2; }
echo "seen:     memfd: ${memory% *} such bytes after ftruncate, ${memory#* } after a write behind them"
if [ "$type" = tmpfs ]; then
    disk='0 0'
    echo "note: the temporary folder is on tmpfs, too; set TMPDIR to a folder on disk to compare"
else
    disk=$(./grow file)
    echo "seen:     file on $type: ${disk% *} after ftruncate, ${disk#* } after a write"
fi
[[ $memory = '1000 1000' && $disk = '0 0' ]] || { echo "the behaviour has changed"; exit 1; }
