#!/usr/bin/env bash
# Peak memory and speed of pixmill as inputs grow, in number and in size:  scripts/bench-growth.sh [COUNT...]
#
# In number: small photographs, COUNT hard links to a few files in memory. Only the list of names may grow with them. In size: one
# photograph enlarged to 1, 16, 64 and 256 megapixels, as baseline JPEG, progressive JPEG and PNG, fitted into 800 pixels by one
# worker.
# $PIXMILL names the command (build/pixmill).
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
pixmill=${PIXMILL:-$top/build/pixmill}
counts=("$@")
[ ${#counts[@]} -gt 0 ] || counts=(10 1000 100000)
for count in "${counts[@]}"; do
    [[ $count =~ ^[1-9][0-9]*$ ]] || { echo "usage: scripts/bench-growth.sh [COUNT...]" >&2 && exit 2; }
done
[ -x "$pixmill" ] || { echo "bench-growth.sh: $pixmill is not there (run make first)" >&2 && exit 2; }
"$top/scripts/setup.sh" time python3 libjpeg-turbo-progs
memory=${TMPDIR:-/dev/shm}
[ -d "$memory" ] || memory=/tmp
work=$(mktemp -d -p "$memory")
trap 'rm -rf "$work"' EXIT

# One run on a folder; writes its peak memory to $work/peak, sets $took to its microseconds.
measure() {
    local in=$1 start=${EPOCHREALTIME/[^0-9]/}
    shift
    /usr/bin/time -q -f %M -o "$work/peak" "$pixmill" run --quiet "$in" -o "$work/out" "$@"
    took=$((${EPOCHREALTIME/[^0-9]/} - start))
}

"$pixmill" run --quiet "$top/samples/lake.jpg" "$top/samples/moon-grey.jpg" "$top/samples/tarn-exif6-icc.jpg" -o "$work/few" --resize=160x160
echo "| inputs | images/s | peak MiB | names, MiB |"
echo "| ---: | ---: | ---: | ---: |"
for count in "${counts[@]}"; do
    rm -rf "$work/in" "$work/out" && mkdir "$work/in"
    python3 - "$work/few" "$work/in" "$count" <<'END'
import os
import sys

few, folder, count = sys.argv[1:]
files = sorted(os.listdir(few))
for i in range(int(count)):
    part = f"{folder}/{i // 1000:03}"
    if i % 1000 == 0:
        os.mkdir(part)
    os.link(f"{few}/{files[i % len(files)]}", f"{part}/{i:06}.jpg")
END
    measure "$work/in" --resize=40x40
    names=$(find "$work/in" -type f | wc -c)
    awk -v n="$count" -v us="$took" -v names="$names" \
        '{ printf "| %d | %.0f | %.1f | %.2f |\n", n, n * 1e6 / us, $1 / 1024, names / 1048576 }' "$work/peak"
done

echo
echo "| megapixels | file | images/s | peak MiB | file, MiB |"
echo "| ---: | --- | ---: | ---: | ---: |"
for side in 1000 4000 8000 16000; do
    for kind in jpeg progressive png; do
        rm -rf "$work/in" "$work/out"
        "$pixmill" run --quiet "$top/samples/lake.jpg" -o "$work/in" --resize="${side}x$side!" --max-pixels=300000000 --format="${kind/progressive/jpeg}"
        if [ "$kind" = progressive ]; then
            jpegtran -progressive -copy all -outfile "$work/lake.jpg" "$work/in/lake.jpg"
            mv "$work/lake.jpg" "$work/in/lake.jpg"
        fi
        measure "$work/in" --resize=800x800 --max-pixels=300000000 --jobs=1
        awk -v side="$side" -v kind="$kind" -v us="$took" -v bytes="$(find "$work/in" -type f -printf %s)" \
            '{ printf "| %d | %s | %.1f | %.1f | %.1f |\n", side * side / 1e6, kind, 1e6 / us, $1 / 1024, bytes / 1048576 }' "$work/peak"
    done
done
