#!/usr/bin/env bash
# check-hardening.sh FILE...: reads off each program or library whether it was built as the Makefile builds it by default;
# silent when all were. Needs binutils.
set -euo pipefail
failed=0

# lacks FILE WHAT
lacks() {
    printf 'check-hardening: %s: %s\n' "$1" "$2" >&2
    failed=1
}

for file in "$@"; do
    header=$(readelf -hW "$file") segments=$(readelf -lW "$file") dynamic=$(readelf -dW "$file")
    symbols=$(readelf --dyn-syms -W "$file")
    [[ $header =~ Type:\ +DYN ]] || lacks "$file" "is no position-independent program"
    [[ $file == *.so || $dynamic =~ FLAGS_1.*PIE ]] || lacks "$file" "is not marked PIE"
    [[ $segments == *GNU_RELRO* ]] || lacks "$file" "has no RELRO"
    [[ $dynamic =~ BIND_NOW|FLAGS_1.*NOW ]] || lacks "$file" "is bound lazily (RELRO is not full)"
    [[ $segments =~ GNU_STACK[^$'\n']*\ RW\  ]] || lacks "$file" "has an executable stack"
    [[ ! $segments =~ LOAD[^$'\n']*\ RWE\  ]] || lacks "$file" "has memory that is both writable and executable"
    [[ ! $dynamic =~ RPATH|RUNPATH|TEXTREL ]] || lacks "$file" "has a RPATH, RUNPATH or TEXTREL"
    [[ $symbols == *__stack_chk_fail* ]] || lacks "$file" "has no stack protector"
    [[ $symbols =~ __(memcpy|snprintf|vsnprintf|read)_chk ]] || lacks "$file" "was not built with _FORTIFY_SOURCE"
    if [[ $header == *X86-64* ]]; then
        code=$(objdump -d --no-show-raw-insn "$file" | grep -oE 'endbr64|or[ql] +\$0x0,\(%rsp\)' || true)
        pads=${code//[^b]/} # an endbr64 each; those of the C start-up files are few
        [ ${#pads} -gt 100 ] || lacks "$file" "has no landing pads for indirect calls (CET)"
        # The probe of each page of a large frame.
        [[ $code == *rsp* ]] || lacks "$file" "has no stack clash protection"
    fi
done
exit "$failed"
