#!/usr/bin/env bash
# Builds the free-threaded CPython 3.13 from the source that Debian 13 has, into a folder:  scripts/free-threaded.sh DIR
#
# DIR/bin/python3.13t is then an interpreter for `make python PYTHON=` and `pixmill bench --python=`. It takes about 10 minutes on two
# cores, at the lowest priority; nothing outside DIR and the folder where peers are kept is changed. A DIR that has it already is left
# as it is.
set -euo pipefail

# The upstream part of Debian's source package python3.13 3.13.5-2+deb13u5 (trixie). Debian's patches concern where it is installed.
file=python3.13_3.13.5.orig.tar.xz
checksum=93e583f243454e6e9e4588ca2c2662206ad961659863277afcdb96801647d640
address=http://deb.debian.org/debian/pool/main/p/python3.13/$file
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pixmill-peers

fail() {
    echo "free-threaded.sh: $1" >&2
    exit 2
}

if [ $# -ne 1 ] || [[ $1 == -* ]]; then
    fail "usage: scripts/free-threaded.sh DIR"
fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)
python=$folder/bin/python3.13t
if [ -x "$python" ]; then
    echo "$python is there already"
    exit 0
fi

fetch() {
    [ ! -f "$cache/$file" ] || return 0
    mkdir -p "$cache"
    curl -fsSL --max-time 600 -o "$cache/$file.part" "$address" || fail "$address can't be fetched (put the file at $cache/$file)"
    mv "$cache/$file.part" "$cache/$file"
}

# make's flags are not for CPython's own Makefile.
build() {
    tar -xJf "$cache/$file" -C "$work" --strip-components=1
    cd "$work"
    ./configure --prefix="$folder" --disable-gil --without-ensurepip --disable-test-modules
    env -u MAKEFLAGS make -j"$(nproc)"
    env -u MAKEFLAGS make install
}

"$(dirname "$0")/setup.sh" gcc make curl ca-certificates xz-utils libc6-dev libffi-dev zlib1g-dev libssl-dev
fetch
echo "$checksum  $cache/$file" | sha256sum --quiet -c - >&2 || fail "$cache/$file is another file (remove it to fetch it again)"
work=$(mktemp -d "$folder/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
renice -n 19 $$ >/dev/null
(build) >"$folder/build.log" 2>&1 || {
    tail -n 20 "$folder/build.log" >&2
    fail "CPython was not built (its last lines stand above, all of them in $folder/build.log)"
}
echo "$("$python" --version) is $python"
