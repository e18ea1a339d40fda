#!/usr/bin/env bash
# Compares CPython's speedups with those of pixmill's models: does `gil` behave like CPython's lock, `threads` like a Python without one?
#   scripts/gil-check.sh [--python=INTERPRETER]... [--under=COMMAND] [PIXMILL]     (/usr/bin/python3, build/pixmill; needs two processors)
# Both are measured by `pixmill bench --python`, in turns, with the same work; each interpreter needs the module (make python PYTHON=...),
# which is looked for beside PIXMILL. On a free-threaded interpreter, which has no lock, all are compared with `threads`.
# CPU-bound speedups must agree within 0.2 at 2 and 4 workers, overlapped waiting within 10 %; gil-rows.py says how that is decided. What
# is undecided is measured again, in up to five batches of a few minutes. --under: runs each batch by COMMAND, such as 'flock FILE'.
# Run as root it takes the highest ordinary priority, so that other programs get only what the trials leave; else the machine must be idle.
# Exit status 1: a row is outside its limit or still undecided.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
pythons=() under=() pixmill=$here/build/pixmill batches=5
for argument; do
    case $argument in
    --python=*) pythons+=("$argument") ;;
    --under=*) read -ra under <<<"${argument#*=}" ;;
    -*)
        echo "gil-check: $argument is unknown (see the script's first lines)" >&2
        exit 2
        ;;
    *) pixmill=$argument ;;
    esac
done
[ ${#pythons[@]} -gt 0 ] || pythons=(--python=/usr/bin/python3)
[ -x "$pixmill" ] || {
    echo "gil-check: $pixmill is missing (run make, or name the command)" >&2
    exit 2
}
PYTHONPATH=$(cd "$(dirname "$pixmill")" && pwd)/python${PYTHONPATH:+:$PYTHONPATH}
export PYTHONPATH

priority=()
if renice -n -20 -p $$ >/dev/null 2>&1; then
    priority=(--priority)
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Work is measured with copies of one photograph, so that no worker has a longer one at the end, and made into a PNG: 15 ms on little
# memory, so that neither handing jobs over nor changing threads takes a part of the time. Workers are bound to processors, so that it does
# not matter how soon the kernel spreads them. Waiting is measured with pictures that take almost no other time.
mkdir "$work/lake" "$work/reports"
"$pixmill" run -q "$here/samples/moon-1bit.png" --resize=16x16 -o "$work/tiny"
for i in $(seq 16); do
    cp "$here/samples/lake.jpg" "$work/lake/$i.jpg"
    cp "$work/tiny/moon-1bit.png" "$work/tiny/$i.png"
done
rm "$work/tiny/moon-1bit.png"

bench() { # PART MODELS JOBS BATCH
    local options=(--workloads=cpu --pin --resize=800x800 --format=png "$work/lake")
    case $1 in
    released) options+=(--gil=released) ;;
    io) options=(--workloads=io --io-delay=100 "$work/tiny") ;;
    esac
    options+=("--models=$2" "--jobs=$3" --repeat=7 --min-time=0.5 "--seed=$4")
    echo "gil-check: batch $4: pixmill bench ${options[*]}" >&2
    "${under[@]}" "$pixmill" bench "${options[@]}" "${pythons[@]}" --json="$work/reports/$1-$4.json" >/dev/null
}

for ((batch = 1; batch <= batches; batch++)); do
    "$here/scripts/gil-rows.py" "${priority[@]}" --missing "$work/reports" >"$work/missing"
    while read -r part models jobs <&3; do
        bench "$part" "$models" "$jobs" $batch
    done 3<"$work/missing"
done
"$here/scripts/gil-rows.py" "${priority[@]}" "$work/reports"
