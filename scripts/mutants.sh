#!/usr/bin/env bash
# mutants.sh [WORD...]: puts one fault at a time of those in tests/mutants.txt (with WORDs: of those whose file's path has one) into a
# copy of the sources, builds it, and runs the suites that should notice. Says of each whether it was caught; exits with 1 when one
# was not, or is out of date. About 10 seconds a fault on two cores.
set -euo pipefail
unset MAKEFLAGS MFLAGS

top=$(cd "$(dirname "$0")/.." && pwd)
words=("$@")
copy=$(mktemp -d "${TMPDIR:-/tmp}/pixmill-mutants-XXXXXX")
trap 'rm -rf "$copy"' EXIT
caught=0 wrong=0 faults=0

# With their times, so that what is built already need not be built again.
(cd "$top" && git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- -cf -) | tar -xf - -C "$copy"
[ ! -d "$top/build" ] || cp -a "$top/build" "$copy/build"
export PIXMILL=$copy/build/pixmill PIXMILL_CONFORMANCE=${PIXMILL_CONFORMANCE:-$(dirname "$top")/shared/conformance}
cd "$copy"

build() {
    make -s "-j$(nproc)" BUILD=build unit-programs >build.log 2>&1
}

# The suites' names, one after the other; 0 when all of their tests pass.
tests_pass() {
    timeout 600 build/unit --timeout 120 --filter "@($(tr ' ' '|' <<<"$1"))/*" >tests.log 2>&1 && grep -q '^[1-9][0-9]* passed' tests.log
}

chosen() {
    local word
    [ ${#words[@]} -gt 0 ] || return 0
    for word in "${words[@]}"; do
        [[ $1 != *"$word"* ]] || return 0
    done
    return 1
}

report() {
    printf '%-9s %-28s %s  ->  %s\n' "$1" "$2" "${3#"${3%%[! ]*}"}" "${4#"${4%%[! ]*}"}"
}

# FILE SUITES OLD NEW
try() {
    local file=$1 suites=$2 old=$3 new=$4 sound
    chosen "$file" || return 0
    faults=$((faults + 1))
    sound=$(cat "$file" && echo .)
    local rest=${sound#*"$old"}
    if [ "$rest" = "$sound" ] || [ "${rest#*"$old"}" != "$rest" ]; then
        report 'NOT ONCE' "$file" "$old" "$new"
        wrong=$((wrong + 1))
        return 0
    fi
    printf %s "${sound%%"$old"*}$new${rest%.}" >"$file"
    if ! build; then
        report 'NO BUILD' "$file" "$old" "$new"
        tail -n 5 build.log
        wrong=$((wrong + 1))
    elif tests_pass "$suites"; then
        report SURVIVES "$file" "$old" "$new"
        wrong=$((wrong + 1))
    else
        report caught "$file" "$old" "$new"
        caught=$((caught + 1))
    fi
    printf %s "${sound%.}" >"$file"
}

build || { cat build.log >&2; exit 1; }
all=$(sed -n 's/^[^#+-][^:]*: //p' tests/mutants.txt | tr ' ' '\n' | sort -u | tr '\n' ' ')
if [ ${#words[@]} -eq 0 ] && ! tests_pass "${all% }"; then
    tail -n 20 tests.log >&2
    echo "mutants.sh: these tests fail without a fault" >&2
    exit 1
fi
while IFS= read -r line; do
    case $line in
    '- '*) old=${line#- } ;;
    '+ '*) try "$file" "$suites" "$old" "${line#+ }" ;;
    '#'* | '') ;;
    *) file=${line%%: *} suites=${line#*: } ;;
    esac
done <tests/mutants.txt
echo "$faults faults: $caught caught, $wrong not"
[ "$wrong" -eq 0 ] && [ "$faults" -gt 0 ]
