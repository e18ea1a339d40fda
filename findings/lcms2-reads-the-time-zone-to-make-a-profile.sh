#!/usr/bin/env bash
# lcms2 opens the time zone's file when it makes a profile, sRGB included.
#
# A built-in profile is a table of constants, so making one in a sandbox that may not open files looks safe. But a profile's header has
# the date of its creation; lcms2 asks glibc's gmtime for it, and glibc, although UTC needs no zone, first sets up the local one from
# TZ or /etc/localtime. So the first profile that a process makes opens a file: a seccomp filter that kills for open kills the first
# colour conversion, and it only happens once a process, so that a warm-up hides it. Two profiles made in two seconds differ, too.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

for need in cc strace; do command -v $need >/dev/null || { echo "cannot be tried here: $need is missing"; exit 2; }; done
cat >profile.c <<'EOF'
#include <lcms2.h>
#include <stdio.h>

int main(void)
{
    for (int made = 0; made < 2; made++) {
        fflush(stdout);
        puts(made ? "second" : "first");
        fflush(stdout);
        cmsHPROFILE profile = cmsCreate_sRGBProfile();
        if (!profile) return 2;
        cmsCloseProfile(profile);
    }
    return 0;
}
EOF
cc profile.c -o profile -llcms2 2>cc.log || { echo "cannot be tried here: lcms2's headers (liblcms2-dev) are missing"; exit 2; }
strace -o calls -e trace=openat,write ./profile >/dev/null || { echo "cannot be tried here: strace may not trace"; exit 2; }
opened() { sed -n "/\"$1/,\$p" calls | sed 1d | sed '/^write/,$d' | sed -n 's/^openat([^"]*"\([^"]*\)".*/\1/p' | paste -sd ' '; }
first=$(opened first) second=$(opened second)
echo "version:  lcms2 $(dpkg-query -W -f '${Version}' liblcms2-2 2>/dev/null), $(getconf GNU_LIBC_VERSION)"
echo "expected: no file is opened"
echo "seen:     the first profile opens ${first:-nothing}; the second ${second:-nothing}"
[[ $first = /etc/localtime && -z $second ]] || { echo "the behaviour has changed"; exit 1; }
