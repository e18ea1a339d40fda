#!/usr/bin/env bash
# Tiles that libjpeg-turbo decodes with jpeg_crop_scanline have other pixels at their left and right edges than the whole picture.
#
# The crop's left edge is moved to a boundary of the compressed blocks, so one expects the same pixels as in a full decode, and djpeg
# speaks of "a rectangular subregion of the image". But the default upsampling of 4:2:0 chroma mixes each sample with its neighbours, and
# the cropped decode does not look past its edges: it treats them as the edges of the picture. A coloured edge that lies on a tile's border
# is off by 30 % of the range, and tiles put together show a seam. Rows are not affected: above and below the crop the library does read on.
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

unpack libjpeg-turbo-progs=1:2.1.5-2
cd "$work"

# MODE columns: blue left of the middle, red right of it; MODE rows: blue above, red below. 64 x 64 pixels, 4:2:0.
picture() {
    awk -v mode="$1" 'BEGIN { print "P3 64 64 255"; for (y = 0; y < 64; y++) for (x = 0; x < 64; x++)
        print (mode == "rows" ? y : x) < 32 ? "0 0 255" : "255 0 0" }'
}
hex() { tail -c "$1" | od -An -v -tx1 -w"$2" | tr -d ' '; } # BYTES BYTES-PER-LINE
decode() { run djpeg "${@:2}" -pnm "$1.jpg"; } # NAME [OPTION...]
for mode in columns rows; do
    picture $mode >$mode.ppm
    run cjpeg -quality 100 -sample 2x2 -outfile $mode.jpg $mode.ppm
    decode $mode | hex 12288 192 >$mode.whole
done
left=(-crop 32x64+0+0) right=(-crop 32x64+32+0)
paste -d '' <(decode columns "${left[@]}" | hex 6144 96) <(decode columns "${right[@]}" | hex 6144 96) >columns.tiles
{ decode rows -crop 64x32+0+0 | hex 6144 192 && decode rows -crop 64x32+0+32 | hex 6144 192; } >rows.tiles
decode columns -nosmooth | hex 12288 192 >plain.whole
paste -d '' <(decode columns -nosmooth "${left[@]}" | hex 6144 96) <(decode columns -nosmooth "${right[@]}" | hex 6144 96) >plain.tiles

pixels() { sed -n 8p "$1" | cut -c$((31 * 6 + 1))-$((33 * 6)) | fold -w6 | paste -sd ' '; } # the two in the middle of a row
echo "expected: two tiles side by side are the whole picture"
echo "seen:     the pixels left and right of the border are $(pixels columns.whole) in the whole picture, $(pixels columns.tiles) in the tiles"
same() { if cmp -s "$1.whole" "$1.tiles"; then echo "are the same"; else echo "differ"; fi; }
echo "          tiles side by side $(same columns); one above the other: $(same rows); side by side without smooth upsampling: $(same plain)"
[[ $(same columns) = differ && $(same rows) = 'are the same' && $(same plain) = 'are the same' ]] || { echo "the behaviour has changed"; exit 1; }
