#!/usr/bin/env bash
# gcc adds two vectors of 64 bytes with AVX2 in two halves, but compares them one element after the other.
#
# GNU C's vectors may be wider than the machine's registers; gcc's manual says that operations are then made from narrower ones. gcc 12
# makes an addition of 64-byte vectors from two of 32 bytes. A comparison of the same vectors it takes apart into scalars: over 200
# instructions for 32 shorts. A comparison of 32 bytes takes one instruction, and clang 14 makes that of 64 bytes from two.
# So one source written at the width of AVX-512 is slow in its AVX2 build where it compares, without a warning.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

compiler=$(command -v gcc-12 || command -v gcc) || { echo "cannot be tried here: gcc is missing"; exit 2; }
command -v objdump >/dev/null || { echo "cannot be tried here: objdump is missing"; exit 2; }
[[ $(uname -m) = x86_64 && $("$compiler" -dumpversion) = 12 ]] || { echo "cannot be tried here: gcc 12 for x86-64 is missing"; exit 2; }
cat >vectors.c <<'EOF'
#include <stdint.h>
typedef int16_t shorts __attribute__((vector_size(BYTES)));
void add(const shorts *a, const shorts *b, shorts *result) { *result = *a + *b; }
void compare(const shorts *a, const shorts *b, shorts *result) { *result = *a > *b; }
EOF
# Instructions of FUNCTION compiled for vectors of BYTES.
instructions() {
    "$compiler" -O2 -mavx2 -DBYTES="$2" -c vectors.c -o vectors.o
    objdump -d --no-show-raw-insn vectors.o | awk -v name="<$1>:" '/^[0-9a-f]+ </ { on = $2 == name } on && /^ +[0-9a-f]+:/ { n++ } END { print n + 0 }'
}
echo "version:  $("$compiler" --version | head -1), -O2 -mavx2"
echo "expected: twice the width takes about twice the instructions"
add32=$(instructions add 32) add64=$(instructions add 64) compare32=$(instructions compare 32) compare64=$(instructions compare 64)
echo "seen:     add: $add32 instructions for 32 bytes, $add64 for 64; compare: $compare32 for 32 bytes, $compare64 for 64"
((add64 <= 2 * add32 && compare32 <= 8 && compare64 >= 10 * compare32)) || { echo "the behaviour has changed"; exit 1; }
