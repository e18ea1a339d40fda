#!/usr/bin/env bash
# Runs the real command, $PIXMILL, over the samples on every backend, engine and number of workers, there and back through
# encryption, and through Ctrl-C. For ThreadSanitizer, under which Criterion does not run; a report of it fails the run.
set -euo pipefail
pixmill=${PIXMILL:?names the command}
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
filters=(--resize=200x200 --blur=1.5 --rotate=90)
passed=0

fail() {
    printf 'end_to_end: %s\n' "$1" >&2
    [ ! -s "$work/errors" ] || cat "$work/errors" >&2
    exit 1
}

# expect STATUS ARGUMENT...: runs the command.
expect() {
    local wanted=$1 status=0
    shift
    "$pixmill" run "$@" 2>"$work/errors" || status=$?
    [ "$status" -eq "$wanted" ] || fail "exit status $status, not $wanted, of: $*"
    passed=$((passed + 1))
}

# OpenMP's own locks are invisible to the sanitizer: without an instrumented libgomp it reports races that are none.
if [[ $(nm -D "$pixmill") == *__tsan_* ]]; then
    backends=(threads procs gil async)
    echo "SKIPPED: the omp backend (libgomp is not built for ThreadSanitizer)"
else
    backends=(threads procs gil async omp)
fi

head -c 32 /dev/urandom >"$work/key"
expect 0 samples -o "$work/plain" --backend=serial --io=sync "${filters[@]}"
# Turned: without a step, a PNG that would become larger is kept as it is.
expect 0 samples -o "$work/png" --backend=serial --io=sync --format=png --rotate=90
for backend in "${backends[@]}"; do
    for io in threads async sync; do
        workers=(1 4)
        [ "$backend" != async ] || workers=(1)
        for jobs in "${workers[@]}"; do
            how=(--backend="$backend" --io="$io" -j "$jobs")
            out=$work/$backend-$io-$jobs
            expect 0 samples -o "$out" "${how[@]}" "${filters[@]}" --log="$work/log" --progress=always
            diff -r "$work/plain" "$out" || fail "${how[*]} gave other bytes"
            expect 0 samples -o "$out-safe" "${how[@]}" --rotate=90 --encrypt --key-file="$work/key"
            expect 0 "$out-safe" -o "$out-back" "${how[@]}" --decrypt --key-file="$work/key"
            diff -r "$work/png" "$out-back" || fail "${how[*]} did not give the pictures back"
        done
        expect 0 samples/spheres-444.jpg -o "$work/one-$backend-$io" --backend="$backend" --io="$io" -j "${workers[-1]}" "${filters[@]}"
        cmp "$work/plain/spheres-444.jpg" "$work/one-$backend-$io/spheres-444.jpg" || fail "bands gave other bytes"
    done

    mkdir "$work/many-$backend"
    for i in {1..200}; do ln samples/lake.jpg "$work/many-$backend/$i.jpg" 2>/dev/null || cp samples/lake.jpg "$work/many-$backend/$i.jpg"; done
    mkfifo "$work/fifo-$backend"
    "$pixmill" run "$work/many-$backend" -o "$work/stopped-$backend" --backend="$backend" --log="$work/fifo-$backend" \
        2>"$work/errors" &
    exec 3<"$work/fifo-$backend"
    read -r -u 3 _ # the first job has ended
    kill -TERM $!
    status=0
    wait $! || status=$?
    exec 3<&-
    [ "$status" -eq 143 ] || fail "exit status $status, not 143, of a run of $backend that was stopped"
    [ -z "$(find "$work/stopped-$backend" -name '.*')" ] || fail "$backend left temporaries"
    passed=$((passed + 1))
done
echo "$passed passed, 0 failed"
