#!/usr/bin/env bash
# Installs what building pixmill needs and this machine lacks, from Debian's packages; silent when nothing is missing.
# --tests: what `make check` needs as well. Given package names, it installs those instead: the other scripts ask it for their tools.
set -euo pipefail

packages=(gcc make pkg-config libc6-dev libpng-dev libjpeg62-turbo-dev libdeflate-dev libisal-dev libssl-dev libseccomp-dev liburing-dev libgsl-dev libhwloc-dev libevent-dev libcurl4-openssl-dev ca-certificates)
libraries=(libpng libjpeg libdeflate libisal libcrypto libseccomp liburing gsl hwloc libevent_core libcurl)
if [ "${1-}" = --tests ]; then
    shift
    packages+=(libcriterion-dev openssl zsh fish mandoc)
    libraries+=(criterion)
fi
[ $# -eq 0 ] || packages=("$@")

fail() {
    echo "pixmill: $1" >&2
    exit 1
}

missing=()
if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
    for package in "${packages[@]}"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || exit 0
elif [ $# -gt 0 ]; then
    fail "missing: $* (this is not Debian: install with this system's package manager)"
else
    for library in "${libraries[@]}"; do
        pkg-config --exists "$library" 2>/dev/null || missing+=("$library")
    done
    [ ${#missing[@]} -gt 0 ] || exit 0
    fail "missing by pkg-config: ${missing[*]} (this is not Debian: install with this system's package manager)"
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "missing: ${missing[*]} (no root, no sudo: have an administrator apt-get install them)"
    as_root=(sudo)
fi
echo "pixmill: installing from Debian: ${missing[*]}"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "$@" </dev/null >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        fail "$1 $2 failed (its last lines stand above)"
    }
}
quietly apt-get update
quietly apt-get install -y --no-install-recommends "${missing[@]}"
