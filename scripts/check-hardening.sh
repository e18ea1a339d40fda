#!/usr/bin/env bash
# check-hardening.sh FILE...: checks whether programs and libraries were built with the Makefile's default hardening; silent if they
# were. Needs binutils.
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
        read -r pads probes pages < <(objdump -d --no-show-raw-insn "$file" | awk -F'\t' '
            $2 ~ /^endbr64/ { pads++ }
            $2 ~ /^subq? +\$0x[0-9a-f][0-9a-f][0-9a-f][0-9a-f]+,%rsp/ && $2 !~ /0xffffffff/ { pages++ }
            stepped && $2 ~ /^(or|mov|xor)[bwlq]? +\$0x0,(0x[0-9a-f]+)?\(%rsp\)/ { probes++ }
            { stepped = $2 ~ /^subq? +\$0x1000,%rsp/ }
            END { print pads + 0, probes + 0, pages + 0 }')
        # The C start-up files have only a few.
        [ "$pads" -gt 20 ] || lacks "$file" "has no landing pads for indirect calls (CET)"
        # A large frame is allocated page by page, and each page is touched at once: by orq or orl (gcc up to 15), orb (gcc 16), movq
        # (clang). A small library may have no such frame.
        [[ $probes -gt 0 || ($file == *.so && $pages -eq 0) ]] || lacks "$file" "has no stack clash protection"
    fi
done
exit "$failed"
