#!/usr/bin/env bash
# fuzz.sh SECONDS TARGET...: runs each fuzz target from seeds that $PIXMILL makes of the samples. What a target finds
# stays beside it as crash-*, oom-* or timeout-*, and so does its corpus, from which the next run goes on.
set -euo pipefail
pixmill=$(realpath "${PIXMILL:?names the command}")
seconds=$1
shift
cd "$(dirname "$0")/.."
seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT

mkdir "$seeds"/fuzz_{transform,recipe,seal,journal}
printf '\7%.0s' {1..32} >"$seeds/key"
small=(run samples -q --resize=24x24)
"$pixmill" "${small[@]}" -o "$seeds/small"
"$pixmill" "${small[@]}" -o "$seeds/png" --format=png
"$pixmill" "${small[@]}" -o "$seeds/sealed" --encrypt --keep=all --key-file="$seeds/key"
cp samples/{nebula-progressive.jpg,tarn-exif6-icc.jpg,moon-1bit.png,julia-palette.png} "$seeds/small"
for file in "$seeds"/{small,png,sealed}/*; do
    recipe=$((RANDOM % 32)) # the target's last byte chooses it
    case $file in */sealed/*) recipe=15 ;; esac
    { cat "$file" && printf "\\x$(printf %02x $recipe)"; } >"$seeds/fuzz_transform/$(basename "$(dirname "$file")")-${file##*/}"
done
number=0
for text in 'resize=20x30!' 'resize=50%^,kernel=mitchell/blur=2.5' 'crop=5x5+1+1/sharpen=1.5,amount=2/rotate=90/flip/flop/gray' \
    'decrypt/crop=9x9,gravity=north/format=jpeg/quality=75/subsampling=422/background=204080' \
    'resize=800x>/keep=exif,xmp/no-autorotate/allow-truncated/encrypt'; do
    printf %s "$text" >"$seeds/fuzz_recipe/$((++number))"
done

for target in "$@"; do
    corpus=$target.corpus
    mkdir -p "$corpus"
    "$target" -max_total_time="$seconds" -max_len=65536 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
        -artifact_prefix="$(dirname "$target")/" "$corpus" "$seeds/${target##*/}" 2>"$seeds/log" ||
        { cat "$seeds/log" >&2 && exit 1; }
    printf '%s: %s executions, nothing found\n' "${target##*/}" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$seeds/log")"
done
