#!/usr/bin/env bash
# check-models.sh: spin searches every state of the models in tests/models for deadlocks and failed assertions. If a model has a
# formula (ltl), spin also searches for a run under fair scheduling that breaks it, such as one that never ends. Without spin a message
# says so.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v spin >/dev/null || { echo "check-models.sh: skipped, for there is no spin here (Debian: spin)" && exit 0; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# search MODEL WHAT COMPILER-FLAGS RUN-FLAGS
search() {
    (cd "$folder" && "${CC:-cc}" -w -O2 -DCOLLAPSE -DMEMLIM=3000 $3 -o pan pan.c && ./pan -w24 $4 >log 2>&1)
    grep -q 'errors: 0$' "$folder/log" && ! grep -q 'Search not completed' "$folder/log" || {
        cat "$folder/log" >&2
        echo "check-models.sh: $1: $2" >&2
        exit 1
    }
    echo "$1: no $2 in $(sed -nE 's/^ *([0-9]+) states, stored.*/\1/p' "$folder/log") states"
}

# check MODEL SETTINGS...
check() {
    local model=$1 name
    shift
    name="$(basename "$model" .pml)${*:+ $*}"
    (cd "$folder" && spin "$@" -a model.pml >/dev/null)
    search "$name" "deadlock or failed assertion" "-DSAFETY -DNOCLAIM" "-m100000"
    # A model without a formula needs no such search: waiting for ever is a deadlock there.
    ! grep -q '^ltl ' "$model" || search "$name" "run without end" "-DNFAIR=6" "-a -f -m200000"
}

for model in tests/models/*.pml; do
    cp "$model" "$folder/model.pml"
    # A model may list the settings for its searches, one set per line.
    sed -nE 's/^ \* Searched with: //p' "$model" >"$folder/settings"
    [ -s "$folder/settings" ] || echo >"$folder/settings"
    while read -r -a settings; do check "$model" "${settings[@]}"; done <"$folder/settings"
done
