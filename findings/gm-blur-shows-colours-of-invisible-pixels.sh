#!/usr/bin/env bash
# GraphicsMagick's blurs bring out the colour of invisible pixels; its resize does not.
#
# Under fully transparent pixels a PNG keeps some colour, often white or that of whatever was erased there. An operation that mixes pixels must weigh
# colours by their alpha, or that colour shows at every edge. GraphicsMagick's resize does, so one expects the same of the blurs in the same
# program. But -blur, -gaussian and -motion-blur average the colours as if all pixels were opaque, and only then set the alpha: a
# logo on "transparent white" gets a pale rim, and here erased green comes back as nearly half of the colour. ImageMagick, from which
# GraphicsMagick split off, weighs by alpha in both.
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
run() { LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu*) "$work/root/usr/bin/$1" "${@:2}"; }

unpack graphicsmagick=1.4+really1.3.40-4+deb12u1
cd "$work"

# Columns in threes, opaque red and invisible green by turns: 96 x 96 pixels. Nothing green can be seen in it.
{
    printf 'P7\nWIDTH 96\nHEIGHT 96\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n'
    for ((i = 0; i < 96 * 96; i++)); do
        if ((i % 96 / 3 % 2)); then printf '\0\377\0\0'; else printf '\377\0\0\377'; fi
    done
} >in.pam

# A pixel of the middle row, at the fifth column: invisible in the input.
look() {
    run gm convert in.pam "$@" -depth 8 out.pam
    tail -c +$(($(grep -abo ENDHDR out.pam | cut -d: -f1) + 8)) out.pam >out.rgba
    size=$(stat -c %s out.rgba)
    od -An -tu1 -j $((size / 2 + 16)) -N 4 out.rgba
}
seen=''
echo "expected: no green in any result"
for operation in '-resize 32x' '-blur 0x3' '-gaussian 0x3' '-motion-blur 0x5'; do
    # shellcheck disable=SC2086 # an operation and its argument
    read -r red green blue alpha < <(look $operation)
    echo "seen:     $operation: red $red, green $green, blue $blue, alpha $alpha"
    seen+=" $((green > 60))"
done
[[ $seen = ' 0 1 1 1' ]] || { echo "the behaviour has changed"; exit 1; }
