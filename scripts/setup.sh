#!/usr/bin/env bash
# Installs the Debian packages that are missing for building pixmill; silent if none are.
# --tests: what `make check` needs as well. With package names it installs these instead; other scripts use that for their tools.
set -euo pipefail

# Not needed: libimagequant, which is GPL-3 from version 2 on; palettes are chosen by src/codec/quantize.c.
packages=(gcc make pkg-config libc6-dev libpng-dev zlib1g-dev libjpeg62-turbo-dev libwebp-dev libgif-dev libdeflate-dev libssl-dev libseccomp-dev liburing-dev libgsl-dev libhwloc-dev libevent-dev libcurl4-openssl-dev ca-certificates)
libraries=(libpng zlib libjpeg libgif libwebp libdeflate libcrypto libseccomp liburing gsl hwloc libevent_core libcurl)
# zlib replaces ISA-L, which not every processor has, and tests/standin replaces Criterion; a format whose library is missing is not
# read.
wished=(libisal-dev libdav1d-dev libaom-dev libde265-dev libjxl-dev libbrotli-dev libtiff-dev)
if [ "${1-}" = --tests ]; then
    shift
    packages+=(curl openssl zsh fish mandoc groff python3-cryptography python3-dev)
    wished+=(liblcms2-utils colord-data icc-profiles-free libcriterion-dev swift-proxy swift-account swift-container swift-object memcached)
fi
if [ $# -gt 0 ]; then
    packages=("$@")
    wished=()
fi

fail() {
    echo "pixmill: $1" >&2
    exit 1
}

is_installed() {
    dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

# Is there an installable package of that name?
is_packaged() {
    apt-cache policy "$1" 2>/dev/null | grep 'Candidate:' | grep -qv '(none)'
}

# Packages of `wished` that are available and not installed.
missing_wishes() {
    local package
    for package in "${wished[@]}"; do
        is_installed "$package" || ! is_packaged "$package" || echo "$package"
    done
}

missing=()
if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
    for package in "${packages[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || mapfile -t missing < <(missing_wishes)
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
mapfile -t -O ${#missing[@]} missing < <(missing_wishes) # now that apt knows what there is
quietly apt-get install -y --no-install-recommends "${missing[@]}"
