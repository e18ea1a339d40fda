#!/usr/bin/env bash
# sanitized.sh COMMAND...: runs the tests of a build with sanitizers, and fails also if the tests pass but a sanitizer reports an
# error. Criterion ignores how a test's process ends after the test, and leaks are detected only then.
set -euo pipefail
export ASAN_OPTIONS=verify_asan_link_order=0${ASAN_OPTIONS:+:$ASAN_OPTIONS} # libraries of tests/preload come before its own
report=$(mktemp)
trap 'rm -f "$report"' EXIT
"$@" 2>&1 | tee "$report"
if grep -qE 'ERROR: [A-Za-z]*Sanitizer|WARNING: ThreadSanitizer|: runtime error: ' "$report"; then
    echo "sanitized.sh: a sanitizer reports (see above)" >&2
    exit 1
fi
