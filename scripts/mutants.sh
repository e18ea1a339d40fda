#!/usr/bin/env bash
# mutants.sh [--check] [WORD...]: inserts the faults of tests/mutants.txt (with WORDs: those whose file's path contains one) into a
# copy of the sources, one at a time, builds it, and runs the suites that should fail. Prints for each fault whether it was caught;
# exits with 1 if one was not, or is out of date. About 10 seconds per fault on two cores. --check builds nothing and only prints which
# are out of date.
set -euo pipefail
unset MAKEFLAGS MFLAGS

top=$(cd "$(dirname "$0")/.." && pwd)
check=no
if [ "${1-}" = --check ]; then
    check=yes
    shift
fi
words=("$@")
caught=0 wrong=0 faults=0
cd "$top"

# Preserves times, so that built objects are not built again.
if [ $check = no ]; then
    copy=$(mktemp -d "${TMPDIR:-/tmp}/pixmill-mutants-XXXXXX")
    trap 'rm -rf "$copy"' EXIT
    git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- -cf - | tar -xf - -C "$copy"
    [ ! -d build ] || cp -a build "$copy/build"
    export PIXMILL=$copy/build/pixmill PIXMILL_CONFORMANCE=${PIXMILL_CONFORMANCE:-$(dirname "$top")/shared/conformance}
    cd "$copy"
fi

build() {
    make -s "-j$(nproc)" BUILD=build unit-programs >build.log 2>&1
}

# All suites of the tests.
known=$(find tests -name '*.c' -print0 |
    xargs -0 sed -nE 's/^Test\(([a-z_0-9]+),.*/ \1 /p; s/^ *ParameterizedTest\([^,]*, ([a-z_0-9]+),.*/ \1 /p' | sort -u)

# A fault with an unknown suite would seem to be caught.
suites_exist() {
    local suite
    for suite in $1; do
        [[ $known == *" $suite "* ]] || return 1
    done
}

# Runs these suites; 0 if all of their tests pass.
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
    if [ "$(grep -oFe "$old" "$file" | wc -l)" -ne 1 ]; then
        report 'NOT ONCE' "$file" "$old" "$new"
        wrong=$((wrong + 1))
        return 0
    fi
    if ! suites_exist "$suites"; then
        report 'NO SUITE' "$file" "$old" "$suites"
        wrong=$((wrong + 1))
        return 0
    fi
    [ $check = no ] || return 0
    sound=$(cat "$file" && echo .)
    local rest=${sound#*"$old"}
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

[ $check = yes ] || build || { cat build.log >&2; exit 1; }
all=$(sed -n 's/^[^#+-][^:]*: //p' tests/mutants.txt | tr ' ' '\n' | sort -u | tr '\n' ' ')
if [ $check = no ] && [ ${#words[@]} -eq 0 ] && ! tests_pass "${all% }"; then
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
[ $check = yes ] || echo "$faults faults: $caught caught, $wrong not"
[ "$wrong" -eq 0 ] && [ "$faults" -gt 0 ]
