#!/usr/bin/env bash
# Proves that pixmill gives the same bytes on another processor: builds it with Debian's cross compiler and that processor's libraries,
# and runs it under qemu-user, or directly if this processor can. Needs x86-64 and Debian; takes minutes.
#
#   scripts/prove-arch.sh arm64|s390x|i386...
#
# For each: all recipes of same-bytes.sh on all samples, every backend, the unit tests of computations, and on i386, which needs no
# emulator, those of processes and their sandbox, too. qemu-user does not support seccomp and io_uring, so on other processors these
# are not tested; s390x's sandbox never is.
#
# The libraries are unpacked below build-sysroot and kept there; this machine's packages do not change, except that the cross compiler
# and qemu-user-static are installed if they are missing. $DEBIAN is the suite of the libraries (default: this machine's), $PIXMILL
# this machine's build (default: build/pixmill, rebuilt).
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "prove-arch.sh: $1" >&2
    exit 1
}

# describe ARCH: sets what differs from one processor to another.
describe() {
    suites=(base image codec filter transform)
    backends=(serial threads omp gil async "procs --sandbox=off")
    packages=(libc6-dev libgomp1 libpng-dev zlib1g-dev libjpeg62-turbo-dev libwebp-dev libdav1d-dev libaom-dev libgif-dev libdeflate-dev libssl-dev libseccomp-dev liburing-dev libgsl-dev
        libhwloc-dev libevent-dev libcurl4-openssl-dev)
    case $1 in
    arm64) triple=aarch64-linux-gnu multiarch=$triple emulator=qemu-aarch64-static packages+=(libisal-dev) ;;
    s390x) triple=s390x-linux-gnu multiarch=$triple emulator=qemu-s390x-static packages+=(libisal-dev) ;;
    i386)
        triple=i686-linux-gnu multiarch=i386-linux-gnu emulator=''
        suites+=(backend batch io)
        backends[-1]="procs --sandbox=require"
        ;;
    -h | --help) sed -n '2,/^$/{/^set/d;s/^# \{0,1\}//p}' "$0" && exit 0 ;;
    *) fail "$1 is not a processor that is tried (arm64, s390x, i386)" ;;
    esac
}

# Downloads the packages for $arch with all dependencies, with a private apt state that has no installed packages, and unpacks them.
make_sysroot() {
    local state=$sysroot.apt suite mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    suite=${DEBIAN:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
    [ "$(cat "$sysroot.packages" 2>/dev/null)" != "$suite ${packages[*]}" ] || return 0
    rm -rf "$sysroot" "$state"
    mkdir -p "$sysroot" "$state"/{lists,cache/archives}/partial
    : >"$state/status"
    # shellcheck disable=SC2016 # apt's own notation
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Created-By: Packages' 2>/dev/null | head -n 1)
    echo "deb ${keyring:+[signed-by=$keyring] }${mirror:-http://deb.debian.org/debian/} $suite main" >"$state/sources.list"
    local own=(-o "APT::Architecture=$arch" -o "APT::Architectures=$arch" -o "Dir::State=$state" -o "Dir::State::status=$state/status"
        -o "Dir::Cache=$state/cache" -o "Dir::Etc::sourcelist=$state/sources.list" -o Dir::Etc::sourceparts=- -o APT::Install-Recommends=0
        -o APT::Sandbox::User=)
    { apt-get "${own[@]}" update && apt-get "${own[@]}" install -y --download-only "${packages[@]}"; } >"$state/log" 2>&1 || {
        tail -n 10 "$state/log" >&2
        fail "apt-get finds no libraries for $arch in $suite (its last lines stand above)"
    }
    for package in "$state"/cache/archives/*.deb; do
        dpkg-deb -x "$package" "$sysroot"
    done
    # Makes absolute links relative to the unpacked root.
    find "$sysroot" -type l -lname '/*' -print0 | while IFS= read -r -d '' link; do
        ln -sfnr "$sysroot$(readlink "$link")" "$link"
    done
    rm -rf "$state"
    echo "$suite ${packages[*]}" >"$sysroot.packages"
}

# for_arch COMMAND...: with the cross compiler and that processor's libraries, for make. The program finds them without an emulator, too.
for_arch() {
    local libraries=$sysroot/usr/lib/$multiarch:$sysroot/lib/$multiarch flags=-Wl,-rpath-link,$sysroot/usr/lib/$multiarch:$sysroot/lib/$multiarch
    [ -n "$emulator" ] || flags+=" -Wl,--disable-new-dtags,-rpath,$libraries,--dynamic-linker,$sysroot/lib/ld-linux.so.2"
    env PKG_CONFIG_SYSROOT_DIR="$sysroot" PKG_CONFIG_LIBDIR="$sysroot/usr/lib/$multiarch/pkgconfig" LDFLAGS="$flags" "$@"
}

# refused SENTENCE FLAG...: this compiler stops at src/base/machine.c with that sentence.
refused() {
    local said
    said=$("${cc[@]}" -std=c17 -D_GNU_SOURCE "${@:2}" -fsyntax-only src/base/machine.c 2>&1) &&
        fail "$arch: src/base/machine.c lets a build with '${*:2}' pass"
    case $said in *"$1"*) ;; *) fail "$arch: src/base/machine.c says: $said" ;; esac
}

check_refusals() {
    case $arch in
    s390x) refused -fexcess-precision=fast ;;
    i386)
        refused "-msse2 -mfpmath=sse" -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64
        refused -D_FILE_OFFSET_BITS=64 -msse2 -mfpmath=sse
        refused -D_TIME_BITS=64 -msse2 -mfpmath=sse -D_FILE_OFFSET_BITS=64
        ;;
    esac
}

check_backends() {
    local backend
    "$PIXMILL" run --quiet samples -o "$work/reference" --resize=60x60 --blur=1
    for backend in "${backends[@]}"; do
        # shellcheck disable=SC2086 # and its options
        "$work/pixmill" run --quiet samples -o "$work/out" --resize=60x60 --blur=1 --backend=$backend
        diff -rq "$work/reference" "$work/out" >&2 || fail "$arch: --backend=$backend makes different files"
        rm -rf "$work/out"
    done
    rm -rf "$work/reference"
}

# The suites of those folders of tests. Prints how many passed.
check_units() {
    local names
    names=$(find "${suites[@]/#/tests/}" -name '*.c' -print0 |
        xargs -0 sed -nE 's/^Test\(([a-z_0-9]+),.*/\1/p; s/^ParameterizedTest\([^,]*, ([a-z_0-9]+),.*/\1/p' | sort -u | paste -sd'|')
    # shellcheck disable=SC2086 # none, or a command and its options
    env PIXMILL="$work/pixmill" ${emulator:+$emulator -L "$sysroot"} "build-$arch/unit" --filter "@($names)/*" 2>"$work/unit" || {
        grep -vE '^\[SKIP\]|^SKIPPED' "$work/unit" | tail -n 30 >&2
        fail "$arch: tests fail (see above)"
    }
    tail -n 1 "$work/unit"
}

prove() {
    arch=$1
    describe "$arch"
    sysroot=$PWD/build-sysroot/$arch cc=("$triple-gcc" "--sysroot=$PWD/build-sysroot/$arch")
    scripts/setup.sh "gcc-$triple" pkg-config ${emulator:+qemu-user-static}
    make_sysroot
    check_refusals
    for_arch "${make[@]}" "CC=${cc[*]}" BUILD="build-$arch" CRITERION= "build-$arch/pixmill" "build-$arch/unit"
    {
        echo '#!/bin/sh'
        echo "exec ${emulator:+$emulator -L '$sysroot'} '$PWD/build-$arch/pixmill' \"\$@\""
    } >"$work/pixmill"
    chmod +x "$work/pixmill"
    [ "$("$work/pixmill" --version)" = "$("$PIXMILL" --version)" ] || fail "$arch: its programs do not run here"
    same=$(scripts/same-bytes.sh --once "$PIXMILL" "$work/pixmill") # on its own: echo would end with 0 whatever it says
    echo "$arch: $same"
    check_backends
    echo "$arch: ${#backends[@]} backends make the same files"
    units=$(check_units)
    echo "$arch: $units in tests of ${suites[*]}"
}

[ $# -gt 0 ] || fail "no processor given: arm64, s390x, i386 (see --help)"
for arch; do describe "$arch"; done
[ "$(uname -m)" = x86_64 ] || fail "the reference is x86-64's: run it there"
command -v apt-get >/dev/null || fail "needs Debian's packages"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make=(env -u MAKEFLAGS make -s -j"$(nproc)" SAN=)
if [ -z "${PIXMILL-}" ]; then
    "${make[@]}" BUILD=build build/pixmill
    PIXMILL=$PWD/build/pixmill
fi
for arch; do prove "$arch"; done
