#!/usr/bin/env bash
# sanitized.sh COMMAND...: runs the tests of a sanitizer's build, and fails too where they pass but a sanitizer reports. Criterion
# takes no notice of how a test's process ends once the test is over, and leaks are looked for only then.
set -euo pipefail
report=$(mktemp)
trap 'rm -f "$report"' EXIT
"$@" 2>&1 | tee "$report"
if grep -qE 'ERROR: [A-Za-z]*Sanitizer|: runtime error: ' "$report"; then
    echo "sanitized.sh: a sanitizer reports (see above)" >&2
    exit 1
fi
