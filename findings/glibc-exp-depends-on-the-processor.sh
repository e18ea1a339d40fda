#!/usr/bin/env bash
# The same binary with the same glibc computes other doubles with exp, log, pow, sin and atan on a processor without FMA.
#
# On x86-64 all floating point is SSE2 in IEEE double precision, so one expects the same bits from the same library everywhere: tables of
# gamma or of a Lanczos kernel, made with pow or sin at startup, would be equal on all machines of a render farm. But glibc
# chooses among several builds of these functions when the program starts, and the ones with fused multiply-add round differently. The
# functions for float do not show it here. GLIBC_TUNABLES hides FMA from the choice and stands in for the other machine.
#
# No package is needed but a C compiler: the C library is the system's.
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

[[ $(uname -m) = x86_64 && $(grep -cw fma /proc/cpuinfo) != 0 ]] || { echo "cannot be tried here: it takes an x86-64 processor with FMA"; exit 2; }
command -v cc >/dev/null || { echo "cannot be tried here: a C compiler is missing"; exit 2; }
cat >table.c <<'EOF'
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double power(double x) { return pow(x, 1 / 2.4); }

// table FUNCTION: 100000 values, one a line, all bits of them
int main(int argc, char **argv)
{
    static double (*const of_double[])(double) = {exp, log, power, sin, atan};
    static float (*const of_float[])(float) = {expf, logf, sinf};
    int function = atoi(argv[argc - 1]);
    for (int i = 1; i <= 100000; i++)
        printf("%a\n", function < 5 ? of_double[function](i * 0.000317) : (double)of_float[function - 5](i * 0.000317F));
}
EOF
cc -fno-builtin table.c -o table -lm
echo "version:  $(getconf GNU_LIBC_VERSION) ($(dpkg-query -W libc6 2>/dev/null | tr '\t' ' '))"
echo "expected: the same 100000 values with and without FMA"
names=(exp log pow sin atan expf logf sinf) changed=0 unchanged=0
for i in "${!names[@]}"; do
    ./table "$i" >with
    GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-FMA4 ./table "$i" >without
    differ=$({ diff --speed-large-files with without || true; } | grep -c '^<' || true)
    echo "seen:     ${names[i]}: $differ differ"
    if [ "$i" -lt 5 ]; then changed=$((changed + (differ > 0))); else unchanged=$((unchanged + (differ == 0))); fi
done
[[ $changed = 5 && $unchanged = 3 ]] || { echo "the behaviour has changed"; exit 1; }
