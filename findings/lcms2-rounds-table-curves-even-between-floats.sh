#!/usr/bin/env bash
# lcms2 from float to float still rounds a profile's curve to 16 bits of light, when the curve is a table.
#
# lcms2 has formats of floats "without loss of precision", and a transform between them keeps all bits through matrices and through curves that are
# formulas. A table curve of a profile (the usual kind: 256 to 4096 entries) is interpolated, and one expects floats there, too. But the
# value between two entries is made in integers: input and result are rounded to 1/65535. Near black, where a whole step of an 8-bit sample
# is less than ten such steps of light, a gradient becomes a stair, however many bits the picture has; turned back by the inverse curve a
# dark 16-bit sample is off by a dozen steps. The same curve as a formula has no stair.
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
unpack liblcms2-2=2.14-2+deb12u1 liblcms2-dev=2.14-2+deb12u1
cd "$work"
cat >stair.c <<'EOF'
#include <lcms2.h>
#include <math.h>
#include <stdio.h>

enum { ENTRIES = 1024, STEPS = 2000 };

// sRGB's curve, as a table of 16 bits or as a formula.
static cmsToneCurve *make_curve(int table)
{
    const cmsFloat64Number srgb[5] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
    cmsToneCurve *formula = cmsBuildParametricToneCurve(NULL, 4, srgb);
    cmsUInt16Number entries[ENTRIES];
    if (!table) return formula;
    for (int i = 0; i < ENTRIES; i++) entries[i] = (cmsUInt16Number)(65535 * cmsEvalToneCurveFloat(formula, i / (ENTRIES - 1.0f)) + 0.5);
    return cmsBuildTabulatedToneCurve16(NULL, ENTRIES, entries);
}

// Luminances of a dark gradient, from 0 to 1 % of the signal: how many differ.
static int count_levels(int table)
{
    const cmsCIExyYTRIPLE primaries = {{0.64, 0.33, 1}, {0.30, 0.60, 1}, {0.15, 0.06, 1}};
    const cmsCIExyY white = {0.3127, 0.3290, 1};
    cmsToneCurve *curve = make_curve(table), *curves[3] = {curve, curve, curve};
    cmsHPROFILE profile = cmsCreateRGBProfile(&white, &primaries, curves), xyz = cmsCreateXYZProfile();
    cmsHTRANSFORM transform = cmsCreateTransform(profile, TYPE_RGB_FLT, xyz, TYPE_XYZ_FLT, INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_NOOPTIMIZE);
    int levels = 0;
    float last = -1;
    for (int i = 0; i < STEPS && transform; i++) {
        const float signal = 0.01f * i / STEPS, rgb[3] = {signal, signal, signal};
        float out[3];
        cmsDoTransform(transform, rgb, out, 1);
        levels += out[1] != last;
        last = out[1];
    }
    return levels;
}

int main(void)
{
    printf("%d %d\n", count_levels(0), count_levels(1));
    return 0;
}
EOF
libraries=$(echo "$work"/root/usr/lib/*-linux-gnu*)
cc -O1 -I"$work/root/usr/include" stair.c -o stair -L"$libraries" -llcms2 -lm
read -r formula table < <(LD_LIBRARY_PATH=$libraries ./stair)
echo "expected: 2000 levels of light from 2000 signals, as floats can hold them"
echo "seen:     $formula with the curve as a formula, $table with the same curve as a table of 1024 entries"
[[ $formula -gt 1900 && $table -lt 100 ]] || { echo "the behaviour has changed"; exit 1; }
