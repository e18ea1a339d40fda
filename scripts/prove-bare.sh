#!/usr/bin/env bash
# Proves that `make demo` and `make check` need only a bare Debian: a new debootstrap with git, make and ca-certificates, and a clean
# clone of what is committed here.
#
#   scripts/prove-bare.sh [--suite=bookworm|trixie|sid] [--clang] [--base=FILE.tar] [DIR]
#
#   --suite=NAME      Debian 12 (bookworm, the default), 13 (trixie), or what is next (sid, which changes daily)
#   --clang           then, by every clang from 14 on that the suite has: everything builds without a warning, and makes
#                     the same files as gcc's build
#   --base=FILE.tar   the bare system, packed: made if missing, unpacked if there (a second proof then starts at once)
#   DIR               build the system there and keep it (a temporary folder, removed)
#
# $PIXMILL_CONFORMANCE names a folder of conformance images to put next to the clone; without it those tests are skipped.
# Needs root. The mounts are in a mount namespace of their own, so they end with this script in any case.
set -euo pipefail

fail() {
    echo "prove-bare.sh: $1" >&2
    exit 1
}

# The second half, inside the namespaces: mounts what a running system has, then changes the root.
if [ "${1-}" = --inside ]; then
    root=$2 clang=$3
    mount --bind "$root" "$root" # a root that is a mount point, as on a real system: tests mount a small disk
    cd "$root"
    root=.
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    network=()
    for name in http_proxy https_proxy no_proxy; do
        [ -z "${!name-}" ] || network+=("$name=${!name}")
    done
    exec env -i "${network[@]}" HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 chroot "$root" \
        bash /root/pixmill/scripts/prove-bare.sh --prove "$clang"
fi

# The steps in the bare system.
if [ "${1-}" = --prove ]; then
    cd /root/pixmill
    packages() { dpkg-query -f '${Package}\n' -W | sort; }
    packages >/tmp/before
    time make demo
    time make check
    echo "installed on the way: $(packages | comm -13 /tmp/before - | xargs)"
    echo "tested with: $(dpkg-query -f '${db:Status-Abbrev} ${Package} ${Version}\n' -W gcc libc6 libjpeg62-turbo \
        'libpng16-16*' 'libcurl4*' 'libhwloc1*' | sed -nE '/-dev/d; s/^ii +//p' | paste -sd, | sed 's/,/, /g')"
    [ "$2" = yes ] || exit 0
    mapfile -t compilers < <(apt-cache search --names-only '^clang-[0-9]+$' | sed 's/ .*//' | sort -V)
    for compiler in "${compilers[@]}"; do
        version=${compiler#clang-}
        [ "$version" -ge 14 ] || continue
        scripts/setup.sh "$compiler" "libomp-$version-dev"
        make -s -j"$(nproc)" CC="$compiler" BUILD="build-$compiler" WERROR=1 unit-programs all >/dev/null
        scripts/same-bytes.sh "$PWD/build/pixmill" "$PWD/build-$compiler/pixmill"
        echo "built by $compiler without a warning"
        rm -rf "build-$compiler"
    done
    exit 0
fi

suite=bookworm base='' dir='' clang=no
for argument; do
    case $argument in
    --suite=bookworm | --suite=trixie | --suite=sid) suite=${argument#*=} ;;
    --clang) clang=yes ;;
    --base=*) base=${argument#*=} ;;
    -h | --help) sed -n '2,/^$/{/^set/d;s/^# \{0,1\}//p}' "$0" && exit 0 ;;
    -*) fail "$argument is unknown (see --help)" ;;
    *) dir=$argument ;;
    esac
done
[ "$(id -u)" -eq 0 ] || fail "needs root, for debootstrap and chroot (run it with sudo)"
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
[ -z "$(git -C "$top" status --porcelain)" ] || echo "prove-bare.sh: uncommitted changes are not included"

if [ -z "$dir" ]; then
    dir=$(mktemp -d)
    trap 'rm -rf --one-file-system "$dir"' EXIT
else
    [ ! -e "$dir" ] || [ -z "$(ls -A "$dir")" ] || fail "$dir is not empty (name a new folder)"
    mkdir -p "$dir"
fi
chmod 755 "$dir"

if [ -n "$base" ] && [ -f "$base" ]; then
    tar -C "$dir" -xpf "$base"
    grep -qsw "$suite" "$dir/etc/apt/sources.list" || fail "$base is not $suite (name another file, or the suite it has)"
else
    "$here/setup.sh" debootstrap debian-archive-keyring
    # This machine's mirror of Debian and its proxy, if apt has any.
    # shellcheck disable=SC2016 # apt's own notation
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' 'Created-By: Packages' 2>/dev/null | head -n 1)
    eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
    export http_proxy https_proxy
    # An older debootstrap lacks the names of newer suites; sid's script works for all.
    script=/usr/share/debootstrap/scripts/$suite
    [ -e "$script" ] || script=${script%/*}/sid
    debootstrap --variant=minbase --include=git,make,ca-certificates "$suite" "$dir" "${mirror:-http://deb.debian.org/debian}" "$script" \
        >"$dir.log" 2>&1 || {
        tail -n 5 "$dir.log" >&2
        fail "debootstrap failed (see $dir.log)"
    }
    rm -f "$dir.log"
    [ -z "$base" ] || tar -C "$dir" -cpf "$base" .
fi

# How this machine reaches its mirror: name service, proxies, certificate and date checks.
cp -L /etc/resolv.conf /etc/hosts "$dir/etc/"
apt-config dump | grep -E '^Acquire::(https?::|Check-)' >"$dir/etc/apt/apt.conf.d/90host" || true
git clone -q --no-hardlinks "$top" "$dir/root/pixmill"
if [ -n "${PIXMILL_CONFORMANCE-}" ]; then
    mkdir "$dir/root/shared"
    cp -r "$PIXMILL_CONFORMANCE" "$dir/root/shared/conformance"
fi

what="$(git -C "$top" rev-parse --short HEAD) on a bare Debian $(cat "$dir/etc/debian_version") ($suite)"
[ "$suite" != sid ] || what+=" as of $(date -u +%F)"
unshare --mount --pid --fork --kill-child "$here/prove-bare.sh" --inside "$dir" "$clang" || fail "not proved: $what"
echo "proved: $what"
