#!/usr/bin/env bash
# libpng's simplified API reads a plain 16-bit PNG as linear light, and an 8-bit PNG of the same picture as sRGB.
#
# A PNG without gAMA, sRGB and iCCP says nothing of its tones; programs take it for sRGB at any depth. png_image_finish_read does so
# for 8 bits. For 16 bits it assumes linear light (unless the caller sets PNG_IMAGE_FLAG_16BIT_sRGB) and converts to sRGB when 8 bits are
# asked for: a mid grey becomes much lighter. The usual API (png_read_row with png_set_scale_16) does not. So the same library shows
# one file in two ways, and the 16-bit master looks washed out beside the 8-bit copy made from it.
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
unpack libpng-dev=1.6.39-2+deb12u6
cd "$work"
cat >depths.c <<'EOF'
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Write an 8 x 1 greyscale PNG with no colour information; sample x is x / 7 of a grey near white.
static void write_png(const char *path, int bits)
{
    FILE *file = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    unsigned char row[16];
    for (int x = 0; x < 8; x++) {
        unsigned value = x * (bits == 16 ? 0x2424u : 0x24u);
        if (bits == 16) {
            row[2 * x] = value >> 8;
            row[2 * x + 1] = value & 255;
        } else {
            row[x] = value;
        }
    }
    png_init_io(png, file);
    png_set_IHDR(png, info, 8, 1, bits, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    png_write_row(png, row);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    fclose(file);
}

static void read_simplified(const char *path, unsigned char *row)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_file(&image, path)) exit(3);
    image.format = PNG_FORMAT_GRAY;
    if (!png_image_finish_read(&image, NULL, row, 0, NULL)) exit(3);
}

static void read_usual(const char *path, unsigned char *row)
{
    FILE *file = fopen(path, "rb");
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, file);
    png_read_info(png, info);
    png_set_scale_16(png);
    png_read_update_info(png, info);
    png_read_row(png, row, NULL);
    png_destroy_read_struct(&png, &info, NULL);
    fclose(file);
}

static void print_row(const char *what, const unsigned char *row)
{
    printf("%s", what);
    for (int x = 0; x < 8; x++) printf(" %3d", row[x]);
    printf("\n");
}

int main(void)
{
    unsigned char usual[8], eight[8], sixteen[8];
    write_png("8.png", 8);
    write_png("16.png", 16);
    read_usual("16.png", usual);
    read_simplified("8.png", eight);
    read_simplified("16.png", sixteen);
    printf("loaded:   libpng %s\n", png_get_libpng_ver(NULL));
    printf("expected: the same 8-bit samples from all three\n");
    print_row("seen:     8-bit file, simplified API: ", eight);
    print_row("          16-bit file, usual API:     ", usual);
    print_row("          16-bit file, simplified API:", sixteen);
    return memcmp(usual, eight, 8) == 0 && sixteen[1] > 90 && sixteen[3] > 160 && sixteen[7] > 250 ? 0 : 1;
}
EOF
libraries=$(echo "$work"/root/usr/lib/*-linux-gnu*)
cc -w depths.c -I"$work/root/usr/include" -L"$libraries" -Wl,-rpath,"$libraries" -lpng16 -lz -lm -o depths
./depths || { echo "the behaviour has changed"; exit 1; }
