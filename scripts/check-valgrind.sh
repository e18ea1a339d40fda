#!/usr/bin/env bash
# check-valgrind.sh: runs the command, $PIXMILL, under valgrind: on every backend except procs (its workers need more address space
# than valgrind has), encryption and decryption, damaged files, info and help. Fails on an invalid read or write, a branch on
# uninitialised memory, or a leak.
set -euo pipefail
pixmill=$(realpath "${PIXMILL:?names the command}")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0

# expect STATUS ARGUMENT...: runs the command.
expect() {
    local wanted=$1 status=0
    shift
    valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
        --log-file="$work/valgrind.%p" "$pixmill" "$@" >"$work/out" 2>"$work/errors" || status=$?
    if [ "$status" -ne "$wanted" ] || grep -qsE 'ERROR SUMMARY: [1-9]|Invalid|uninitialised|definitely lost' "$work"/valgrind.*; then
        printf 'check-valgrind: exit status %d of: %s\n' "$status" "$*" >&2
        cat "$work/errors" "$work"/valgrind.* >&2
        exit 1
    fi
    rm -f "$work"/valgrind.*
    passed=$((passed + 1))
}

head -c 32 /dev/urandom >"$work/key"
chmod 600 "$work/key"
mkdir "$work/in"
"$pixmill" run samples -o "$work/in" -q --resize=120x120 --keep=all
head -c 2000 samples/lake.jpg >"$work/in/short.jpg"
head -c 2000 samples/dunes.png >"$work/in/cut.png"
for backend in serial threads omp gil async; do
    jobs=2
    case $backend in serial | async) jobs=1 ;; esac
    expect 1 run "$work/in" -o "$work/out-$backend" --backend="$backend" -j "$jobs" --resize=50% --blur=1.5 \
        --rotate=90 --log="$work/log" --journal="$work/journal-$backend"
done
for filter in --sharpen=2 --crop=10x10+1+1 --flip --flop --gray --resize=200% --format=png --format=jpeg --blur=20; do
    expect 0 run "$work/in" -o "$work/filtered" --backend=serial --io=sync "$filter" --allow-truncated --keep=all
done
expect 1 run "$work/in" -o "$work/safe" --encrypt --key-file="$work/key"
expect 0 run "$work/safe" -o "$work/back" --decrypt --key-file="$work/key"
expect 0 info "$work/back"/*
expect 0 help filters
expect 2 run --no-such-option
echo "$passed passed"
