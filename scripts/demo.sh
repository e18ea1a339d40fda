#!/usr/bin/env bash
# Shows the main steps on the samples:  scripts/demo.sh [PIXMILL]   (make demo builds first and calls this)
#
# Each of three backends resizes, blurs and encrypts the samples and decrypts them again. The decrypted pictures must have the same
# bytes as the results of the recipe without encryption.
set -euo pipefail
cd "$(dirname "$0")/.."
pixmill=${1:-build/pixmill}
out=build/demo
backends=(threads procs omp)
recipe=(--resize=480x480 --blur=1.5)

fail() {
    echo "pixmill demo: $1" >&2
    exit 1
}

# Runs the command and sets $seconds to its time.
timed() {
    local start=${EPOCHREALTIME/[^0-9]/} end
    "$@" || fail "this failed: $*"
    end=${EPOCHREALTIME/[^0-9]/}
    printf -v seconds '%d.%03d' $(((end - start) / 1000000)) $(((end - start) / 1000 % 1000))
}

rm -rf "$out"
mkdir -p "$out"
(umask 077 && head -c 32 /dev/urandom >"$out/key")

run() {
    "$pixmill" run --quiet "$@"
}

count=$(find samples -name '*.jpg' -o -name '*.png' -o -name '*.webp' | wc -l)
echo "$count samples through ${recipe[*]} --encrypt, and back:"
echo
run "${recipe[@]}" --format=png samples -o "$out/plain"

printf '  %-10s %10s %10s\n' backend encrypt decrypt
for backend in "${backends[@]}"; do
    timed run "${recipe[@]}" --encrypt --key-file="$out/key" --backend="$backend" samples -o "$out/$backend/encrypted"
    encrypt=$seconds
    timed run --decrypt --key-file="$out/key" --backend="$backend" "$out/$backend/encrypted" -o "$out/$backend/decrypted"
    diff -r "$out/plain" "$out/$backend/decrypted" || fail "$backend did not give the pictures back"
    printf '  %-10s %8s s %8s s\n' "$backend" "$encrypt" "$seconds"
done

cat <<END

All three give the same pictures, byte for byte. Have a look:
  samples/lake.jpg                          as it was
  $out/threads/encrypted/lake.png     noise without $out/key
  $out/threads/decrypted/lake.png     resized and blurred
So few small pictures are too little work to compare backends by. On your own:
  scripts/bench.sh --resize=800x800 --blur=1.5 FOLDER
END
