#!/usr/bin/env bash
# Prepares the photographs that pixmill is measured with:  scripts/corpus.sh DIR
#
# They come from Debian's mate-backgrounds and plasma-workspace-wallpapers (140 MB), installed if missing: every JPEG and PNG over 300
# kB except the 16 MB Elephants_5640x3172.jpg. Each JPEG is copied four times: links to one file would be cached as one. The 22nd
# baseline photograph is that of sharp's benchmark. It is in no package: it is fetched from sharp's repository, kept in the folder
# where peers are installed, and left out if it can't be had.
#
#   DIR/baseline      88 files, 22 photographs      DIR/png      29 files
#   DIR/progressive   28 files, 7 photographs
set -euo pipefail

if [ $# -ne 1 ] || [[ $1 == -* ]]; then
    echo "usage: scripts/corpus.sh DIR" >&2
    exit 2
fi
dir=$1
# shellcheck source=scripts/peer-sharp.sh
. "$(dirname "$0")/peer-sharp.sh"
"$(dirname "$0")/setup.sh" mate-backgrounds plasma-workspace-wallpapers

# baseline or progressive, by the frame header (SOF0 or SOF2): ITU-T T.81, table B.1. Segments before it are skipped.
jpeg_process() {
    perl -e '
        open my $f, "<:raw", $ARGV[0] or die "$ARGV[0]: $!\n";
        seek $f, 2, 0;
        while (read($f, my $head, 4) == 4) {
            my ($mark, $code, $length) = unpack "CCn", $head;
            die "$ARGV[0]: not a JPEG segment\n" if $mark != 0xff;
            print("baseline\n"), exit if $code == 0xc0 || $code == 0xc1;
            print("progressive\n"), exit if $code == 0xc2;
            seek $f, $length - 2, 1;
        }' "$1"
}

sharps=2569067123_aca715a2ee_o.jpg
sharps_checksum=0de3824939c164c81b2742b83b51a0f621ed1142b57ef8ad3f33a5a2c2634dd0

# Puts sharp's photograph into the cache; false if it can't be had.
fetch_sharps() {
    if [ ! -f "$cache/$sharps" ]; then
        mkdir -p "$cache"
        "$(dirname "$0")/setup.sh" curl ca-certificates
        curl -fsSL --max-time 60 -o "$cache/$sharps.part" "https://raw.githubusercontent.com/lovell/sharp/main/test/fixtures/$sharps" ||
            return 1
        mv "$cache/$sharps.part" "$cache/$sharps"
    fi
    echo "$sharps_checksum  $cache/$sharps" | sha256sum --quiet -c - >&2
}

mkdir -p "$dir/baseline" "$dir/progressive" "$dir/png"
photographs=0
while IFS= read -r file; do
    if [ -L "$file" ] || [ "$(stat -c %s "$file")" -le 300000 ]; then continue; fi
    name=$(basename "$file")
    # Plasma's pictures are named by their size only; the theme is in the path.
    case $file in
    */Elephants_5640x3172.jpg) continue ;;
    */contents/images_dark/*) name=$(basename "${file%/contents/*}")_dark_$name ;;
    */contents/*) name=$(basename "${file%/contents/*}")_$name ;;
    esac
    case $name in
    *.png) cp "$file" "$dir/png/$name" ;;
    *)
        process=$(jpeg_process "$file")
        for copy in 1 2 3 4; do cp "$file" "$dir/$process/${name%.jpg}-$copy.jpg"; done
        ;;
    esac
    photographs=$((photographs + 1))
done < <(dpkg -L mate-backgrounds plasma-workspace-wallpapers | grep -E '\.(jpg|png)$' | LC_ALL=C sort)

note=
if fetch_sharps; then
    for copy in 1 2 3 4; do cp "$cache/$sharps" "$dir/baseline/${sharps%.jpg}-$copy.jpg"; done
    photographs=$((photographs + 1))
else
    note=" (that of sharp's own benchmark can't be had here: put it at $cache/$sharps)"
fi

for kind in baseline progressive png; do
    printf '%-12s %4d files  %s\n' "$kind" "$(find "$dir/$kind" -type f | wc -l)" "$(du -sh "$dir/$kind" | cut -f1)"
done
echo "$photographs photographs in $dir$note"
