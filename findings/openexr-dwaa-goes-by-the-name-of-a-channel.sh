#!/usr/bin/env bash
# OpenEXR's DWAA chooses by a channel's name whether to store it lossily, and clips large floats if it does.
#
# DWAA is OpenEXR's lossy compression with a quality level. One expects the choice to depend on the sample type, as it does for B44, which keeps
# floats exact, and PXR24, which keeps halves exact. But the last part of the name decides: R, G, B, Y, BY and RY, in any layer, are coded with
# a cosine transform; all other channels are lossless, including "r" and "red". Renaming channels changes the file size, and data that must be
# exact must not be called diffuse.R. Float channels with those names are also converted to half: 100000, a normal value for a light source,
# comes back as less than 65504.
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

command -v c++ >/dev/null || { echo "cannot be tried here: a C++ compiler is missing"; exit 2; }
unpack libopenexr-dev=3.1.5-5
cd "$work"
cat >names.cpp <<'EOF'
#include <ImfChannelList.h>
#include <ImfFrameBuffer.h>
#include <ImfHeader.h>
#include <ImfInputFile.h>
#include <ImfOutputFile.h>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

const int side = 128, bright = 5;

// Writes one float channel of waves and noise, with one sample of 100000, and reads it back.
int main()
{
    std::vector<float> in(side * side), out(side * side);
    unsigned long state = 1;
    for (int i = 0; i < side * side; i++) {
        state = state * 16807 % 2147483647;
        in[i] = 0.5f + 0.3f * std::sin(i % side / 9.0f) + 0.05f * state / 2147483647;
    }
    in[bright] = 100000;
    for (std::string name : {"R", "r", "red", "RED", "diffuse.R", "Y", "X", "Z", "A"}) {
        auto slice = [](std::vector<float> &v) { return Imf::Slice(Imf::FLOAT, reinterpret_cast<char *>(v.data()), 4, 4 * side); };
        {
            Imf::Header header(side, side);
            header.compression() = Imf::DWAA_COMPRESSION;
            header.channels().insert(name, Imf::Channel(Imf::FLOAT));
            Imf::OutputFile file("channel.exr", header);
            Imf::FrameBuffer buffer;
            buffer.insert(name, slice(in));
            file.setFrameBuffer(buffer);
            file.writePixels(side);
        }
        Imf::InputFile file("channel.exr");
        Imf::FrameBuffer buffer;
        buffer.insert(name, slice(out));
        file.setFrameBuffer(buffer);
        file.readPixels(0, side - 1);
        float error = 0;
        for (int i = 0; i < side * side; i++)
            if (i != bright) error = std::max(error, std::fabs(in[i] - out[i]));
        std::printf("%s %.4f %.0f\n", name.c_str(), error, out[bright]);
    }
}
EOF
libraries=$(echo "$work"/root/usr/lib/*-linux-gnu*)
c++ -O1 names.cpp -o names -I root/usr/include/OpenEXR -I root/usr/include/Imath -L "$libraries" -lOpenEXR-3_1 -lIlmThread-3_1 -lIex-3_1 -lImath-3_1
echo "expected: the same losses for a float channel of any name"
LD_LIBRARY_PATH=$libraries ./names >seen
while read -r name error value; do echo "seen:     channel $name: greatest error $error, 100000 is read as $value"; done <seen
awk '{ lossy = $1 ~ /^(R|diffuse\.R|Y)$/
    if (lossy ? $2 < 0.005 || $3 > 65504 : $2 != 0 || $3 != 100000) wrong = 1 } END { exit wrong || NR != 9 }' seen ||
    { echo "the behaviour has changed"; exit 1; }
