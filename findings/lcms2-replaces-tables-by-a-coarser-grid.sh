#!/usr/bin/env bash
# lcms2 replaces a profile's own tables by a coarser grid, and its colours are then off by a dozen levels of 8 bits.
#
# A CMYK profile has a table between curves, and interpolating in it is what the profile means. cmsCreateTransform by default does not
# evaluate it for each pixel: it samples the whole chain at the points of a grid of its own and interpolates in that one, which the manual
# calls an optimisation. Between the grid's points the difference is not one of rounding: with Ghostscript's default CMYK profile to sRGB one
# colour in thirty is off by more than a level, the worst by 18. cmsFLAGS_HIGHRESPRECALC makes a finer grid, which is still not the
# profile; only cmsFLAGS_NOOPTIMIZE evaluates the profile itself, many times slower. So two programs with the same library, profile,
# intent and pixels differ visibly, and their authors need not know that they made a choice.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Unpack Debian packages (NAME=VERSION) and everything they depend on below $work/root. Nothing is installed. The C library is the system's own.
unpack() {
    local deb apt=(apt-get -qq -y -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::State::status="$work/status"
        -o Dir::Cache::Archives="$work/debs" --no-install-recommends --download-only install)
    mkdir -p "$work/debs/partial" && : >"$work/status"
    "${apt[@]}" "$@" 2>"$work/apt.log" || {
        echo "note: cannot fetch $*; trying the versions that the archive has now"
        "${apt[@]}" "${@%%=*}" || { echo "cannot be tried here: fetching the packages failed (try apt-get update)"; exit 2; }
    }
    for deb in "$work"/debs/*.deb; do
        case ${deb##*/} in libc6_* | libc-bin_*) ;; *) dpkg-deb -x "$deb" "$work/root" ;; esac
    done
    for deb in "${@%%=*}"; do echo "version:  $(dpkg-deb -W "$work/debs/${deb}_"*.deb | tr '\t' ' ')"; done
}

command -v cc >/dev/null || { echo "cannot be tried here: a C compiler is missing"; exit 2; }
unpack liblcms2-2=2.14-2+deb12u1 liblcms2-dev=2.14-2+deb12u1 libgs9-common=10.0.0~dfsg-11+deb12u9
cd "$work"
cat >grid.c <<'EOF'
#include <lcms2.h>
#include <stdio.h>
#include <stdlib.h>

enum { COLORS = 100000 };

static unsigned char inks[4 * COLORS], exact[3 * COLORS], got[3 * COLORS];

static void convert(const char *path, cmsUInt32Number flags, unsigned char *result)
{
    cmsHPROFILE cmyk = cmsOpenProfileFromFile(path, "r"), srgb = cmsCreate_sRGBProfile();
    cmsHTRANSFORM transform = cmsCreateTransform(cmyk, TYPE_CMYK_8, srgb, TYPE_RGB_8, INTENT_RELATIVE_COLORIMETRIC, flags);
    if (!transform) exit(2);
    cmsDoTransform(transform, inks, result, COLORS);
    cmsDeleteTransform(transform);
    cmsCloseProfile(cmyk);
    cmsCloseProfile(srgb);
}

// Prints the largest difference in levels, and how many of a thousand colours differ by more than one.
static void compare(const char *path, const char *name, cmsUInt32Number flags)
{
    int worst = 0, apart = 0;
    convert(path, flags, got);
    for (int i = 0; i < COLORS; i++) {
        int most = 0;
        for (int c = 0; c < 3; c++) {
            int difference = abs(got[3 * i + c] - exact[3 * i + c]);
            most = difference > most ? difference : most;
        }
        worst = most > worst ? most : worst;
        apart += most > 1;
    }
    printf("%s %d %d\n", name, worst, apart * 1000 / COLORS);
}

int main(int argc, char **argv)
{
    unsigned state = 1;
    for (int i = 0; i < 4 * COLORS; i++) {
        state = state * 1664525 + 1013904223;
        inks[i] = (unsigned char)(state >> 24);
    }
    if (argc != 2) return 2;
    convert(argv[1], cmsFLAGS_NOOPTIMIZE, exact);
    compare(argv[1], "default", 0);
    compare(argv[1], "high", cmsFLAGS_HIGHRESPRECALC);
    return 0;
}
EOF
cc -O1 -Iroot/usr/include grid.c -o grid root/usr/lib/x86_64-linux-gnu/liblcms2.so.2
LD_LIBRARY_PATH=root/usr/lib/x86_64-linux-gnu ./grid root/usr/share/color/icc/ghostscript/default_cmyk.icc >seen ||
    { echo "cannot be tried here: the profile can't be read"; exit 2; }
read -r default apart < <(sed -n 's/^default //p' seen)
read -r high high_apart < <(sed -n 's/^high //p' seen)
echo "expected: the same colours with every flag, to a level of rounding"
echo "seen:     beside cmsFLAGS_NOOPTIMIZE, 100 000 colours CMYK to sRGB differ by up to $default levels ($apart in 1000 by more than one);"
echo "          with cmsFLAGS_HIGHRESPRECALC by up to $high ($high_apart in 1000)"
((default >= 8 && apart >= 20)) || { echo "the behaviour has changed"; exit 1; }
