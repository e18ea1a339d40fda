#!/usr/bin/env bash
# glibc's aligned_alloc cannot reuse the holes it leaves: the heap grows with every round of the same work.
#
# Buffers of one size that are allocated and freed repeatedly should reuse the same memory, aligned or not. To align a block, glibc 2.36 allocates
# one that is larger by the alignment and returns the remainders at both ends to the heap. If a small long-lived block is allocated from such a
# remainder, the hole left after the buffer is freed is too small for the next request of the same size, although an aligned block of
# that size was just there. Here rows are allocated and freed in rounds, with one small record per row that stays: after ten rounds the heap
# is ten times as large, and nine tenths of it are free. With malloc it keeps its size.
#
# No package is needed but a C compiler: the C library is the system's.
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v cc >/dev/null || { echo "cannot be tried here: a C compiler is missing"; exit 2; }
cat >rounds.c <<'EOF'
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 1000, ROW = 20032, ROUNDS = 10 };
static void *rows[ROWS], *records[ROUNDS][ROWS];

// rounds malloc|aligned: prints the size of the heap in megabytes after the first and the last round, and what of it is free in the end
int main(int argc, char **argv)
{
    int aligned = argc > 1 && strcmp(argv[1], "aligned") == 0;
    size_t first = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < ROWS; i++) {
            rows[i] = aligned ? aligned_alloc(64, ROW) : malloc(ROW);
            records[round][i] = malloc(24);
            if (!rows[i] || !records[round][i]) return 2;
        }
        if (round == 0) first = mallinfo2().arena;
        if (round == ROUNDS - 1) break;
        for (int i = 0; i < ROWS; i++) free(rows[i]);
    }
    struct mallinfo2 last = mallinfo2();
    printf("%.0f %.0f %.0f\n", first / 1e6, last.arena / 1e6, last.fordblks / 1e6);
    return 0;
}
EOF
cc rounds.c -o rounds || { echo "cannot be tried here: the compiler failed (mallinfo2 takes glibc 2.33)"; exit 2; }
echo "version:  $(getconf GNU_LIBC_VERSION) ($(dpkg-query -W libc6 2>/dev/null | tr '\t' ' '))"
echo "expected: a heap of about 20 MB after each round: 1000 rows of 20032 bytes at a time, and 24 bytes more that stay"
for way in malloc aligned; do
    read -r first last free < <(env -u GLIBC_TUNABLES -u MALLOC_ARENA_MAX ./rounds $way)
    echo "seen:     $way: $first MB after the first round, $last MB after the tenth, of which $free MB are free"
    eval "${way}_first=$first ${way}_last=$last ${way}_free=$free"
done
# shellcheck disable=SC2154 # set by eval
((malloc_last <= malloc_first + 2 && aligned_first <= 22 && aligned_last >= 4 * aligned_first && aligned_free >= 3 * aligned_first)) ||
    { echo "the behaviour has changed"; exit 1; }
