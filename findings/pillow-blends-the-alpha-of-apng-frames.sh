#!/usr/bin/env bash
# Pillow composes frames of an APNG whose pixels are half transparent with the wrong alpha: stacked layers get no denser.
#
# A frame with APNG_BLEND_OP_OVER is laid over the canvas by the rule of alpha compositing in the PNG specification: two layers that
# are each half opaque cover three quarters. Pillow pastes the frame with its own alpha as the mask. That mixes all four
# channels alike, the alpha channel too, so the result is half opaque again, and colours that were laid over one another come out too pale.
# Image.alpha_composite of the same library does it by the rule. Opaque and fully transparent pixels, which most animations have, are right.
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

unpack python3-pil=9.4.0-1.1+deb12u1
cat >"$work/compose.py" <<'EOF'
import io, struct, sys, zlib
from PIL import Image

def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))

def frame(number, over):
    return chunk(b'fcTL', struct.pack('>IIIIIHHBB', number, 1, 1, 0, 0, 1, 10, 0, over))

def pixel(rgba):
    return zlib.compress(b'\0' + bytes(rgba))

first, second = (255, 0, 0, 128), (0, 0, 255, 128)
file = (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 6, 0, 0, 0)) + chunk(b'acTL', struct.pack('>II', 2, 0)) +
        frame(0, 0) + chunk(b'IDAT', pixel(first)) + frame(1, 1) + chunk(b'fdAT', struct.pack('>I', 2) + pixel(second)) + chunk(b'IEND', b''))
image = Image.open(io.BytesIO(file))
image.seek(1)
seen = image.convert('RGBA').getpixel((0, 0))
rule = Image.alpha_composite(Image.new('RGBA', (1, 1), first), Image.new('RGBA', (1, 1), second)).getpixel((0, 0))
print(f'expected: the second frame has alpha 192, and the colours of Image.alpha_composite: {rule}')
print(f'seen:     {seen}')
if not (rule[3] in (191, 192) and seen[3] in (127, 128)):
    print('the behaviour has changed')
    sys.exit(1)
EOF
python=$(echo "$work"/root/usr/bin/python3.*[0-9])
LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu) PYTHONHOME="$work/root/usr" PYTHONPATH="$work/root/usr/lib/python3/dist-packages" \
    "$python" "$work/compose.py"
