#!/usr/bin/env bash
# gcc 12 forgets to round two doubles to float when it converts both at once.
#
# Two neighbouring floats of a struct are set from doubles, and two doubles from those floats. With -O2 gcc's vectorizer makes one
# conversion of each pair, and takes conversion and conversion back for nothing: the doubles keep all their digits. C says that a cast to
# float and an assignment round (C17 5.1.2.3, 6.3.1.5), and no option that allows otherwise is given. Tables that a program computes from such
# doubles differ from those of another compiler, or of the same one without optimisation.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

compiler=$(command -v gcc-12 || command -v gcc) || { echo "cannot be tried here: gcc is missing"; exit 2; }
[[ $(uname -m) = x86_64 && $("$compiler" -dumpversion) = 12 ]] || { echo "cannot be tried here: gcc 12 for x86-64 is missing"; exit 2; }
cat >round.c <<'EOF'
#include <stdio.h>
struct floats { float a, b; };
struct doubles { double a, b; };
__attribute__((noinline)) void show(const struct doubles *w) { printf("%a %a\n", w->a, w->b); }
__attribute__((noinline)) void set(struct floats *n, double x, double y)
{
    n->a = (float)x;
    n->b = (float)y;
    const struct doubles w = {n->a, n->b};
    show(&w);
}
int main(void)
{
    struct floats n;
    set(&n, 0.1, 0.3);
    return 0;
}
EOF
"$compiler" -std=c17 -O1 -o plain round.c && "$compiler" -std=c17 -O2 -o optimised round.c
plain=$(./plain) optimised=$(./optimised)
echo "version:  $("$compiler" --version | head -1), -std=c17 -O2"
echo "expected: 0.1 and 0.3 rounded to float: 0x1.99999ap-4 0x1.333334p-2"
echo "seen:     $optimised (with -O1: $plain)"
[[ $plain = "0x1.99999ap-4 0x1.333334p-2" && $optimised = "0x1.999999999999ap-4 0x1.3333333333333p-2" ]] || { echo "the behaviour has changed"; exit 1; }
