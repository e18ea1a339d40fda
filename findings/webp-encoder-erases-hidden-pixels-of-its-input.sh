#!/usr/bin/env bash
# WebPEncode erases hidden pixels in the caller's picture, so a later lossless and `exact` file of the same picture has lost them.
#
# WebPConfig.exact = 0 lets the encoder discard the colour of transparent pixels from the file. One expects the source to stay as it
# is: only the config says what may be lost, and nothing in encode.h says that the input is written to. But WebPEncode
# overwrites those pixels in the WebPPicture itself, also where the planes are the caller's own memory and were only lent. A program
# that makes a small file first and then an exact one of the same picture keeps the hidden colours in one order and loses them in the other.
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

command -v cc >/dev/null || { echo "cannot be tried here: a C compiler is missing"; exit 2; }
unpack libwebp-dev=1.2.4-0.2+deb12u1
cd "$work"
cat >hidden.c <<'EOF'
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/encode.h>

enum { SIDE = 32, PIXELS = SIDE * SIDE };

static void encode(WebPPicture *picture, int lossless, int exact, WebPMemoryWriter *file)
{
    WebPConfig config;
    if (!WebPConfigInit(&config)) exit(3);
    config.lossless = lossless;
    config.exact = exact;
    WebPMemoryWriterInit(file);
    picture->writer = WebPMemoryWrite;
    picture->custom_ptr = file;
    if (!WebPEncode(&config, picture)) exit(3);
}

// The samples of a picture that is grey everywhere and transparent all over.
static int count_hidden(const WebPMemoryWriter *file)
{
    int width, height, count = 0;
    uint8_t *rgba = WebPDecodeRGBA(file->mem, file->size, &width, &height);
    for (int i = 0; i < PIXELS; i++) count += rgba[4 * i] == 128 && rgba[4 * i + 3] == 0;
    WebPFree(rgba);
    return count;
}

static int exact_after(int others)
{
    static uint8_t rgba[4 * PIXELS];
    WebPPicture picture;
    WebPMemoryWriter file;
    for (int i = 0; i < 4 * PIXELS; i++) rgba[i] = i % 4 == 3 ? 0 : 128;
    if (!WebPPictureInit(&picture)) exit(3);
    picture.use_argb = 1;
    picture.width = picture.height = SIDE;
    if (!WebPPictureImportRGBA(&picture, rgba, 4 * SIDE)) exit(3);
    if (others) {
        encode(&picture, 1, 0, &file);
        WebPMemoryWriterClear(&file);
    }
    encode(&picture, 1, 1, &file);
    const int hidden = count_hidden(&file);
    WebPMemoryWriterClear(&file);
    WebPPictureFree(&picture);
    return hidden;
}

// Samples that differ behind a lossy encode in planes that are the program's own; the picture's left half can be seen.
static int lent_samples_changed(void)
{
    static uint8_t y[PIXELS], u[PIXELS / 4], v[PIXELS / 4], a[PIXELS];
    static uint8_t before[PIXELS];
    WebPPicture picture;
    WebPMemoryWriter file;
    int changed = 0;
    for (int i = 0; i < PIXELS; i++) y[i] = (uint8_t)(16 + i * 7 % 200), a[i] = i % SIDE < SIDE / 2 ? 255 : 0;
    memset(u, 90, sizeof u);
    memset(v, 160, sizeof v);
    memcpy(before, y, sizeof y);
    if (!WebPPictureInit(&picture)) exit(3);
    picture.colorspace = WEBP_YUV420A;
    picture.width = picture.height = SIDE;
    picture.y = y, picture.u = u, picture.v = v, picture.a = a;
    picture.y_stride = picture.a_stride = SIDE;
    picture.uv_stride = SIDE / 2;
    encode(&picture, 0, 0, &file);
    WebPMemoryWriterClear(&file);
    WebPPictureFree(&picture);
    for (int i = 0; i < PIXELS; i++) changed += y[i] != before[i];
    return changed;
}

int main(void)
{
    printf("%d %d %d\n", exact_after(0), exact_after(1), lent_samples_changed());
    return 0;
}
EOF
cc -o hidden hidden.c -I root/usr/include -L "$(echo root/usr/lib/*-linux-gnu)" -lwebp
read -r alone after changed < <(LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu) ./hidden)
echo "expected: an exact lossless file holds the colour of all 1024 hidden pixels, whatever was encoded before; lent planes are only read"
echo "seen:     $alone of 1024 when it is the first file, $after when a file without exact was made of the picture before;"
echo "          a lossy encode changed $changed of 1024 luma samples of planes that the program had lent"
[[ $alone = 1024 && $after = 0 && $changed -gt 0 ]] || { echo "the behaviour has changed"; exit 1; }
