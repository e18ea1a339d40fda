#!/usr/bin/env bash
# libgomp ends threads whenever a smaller team runs and starts new ones for the next larger team; nested teams are new every time.
#
# An OpenMP runtime keeps a thread pool, so one expects a program to create its threads once. libgomp does so as long as all regions ask for
# the same number. A region with fewer threads ends the others: alternating between 8 and 2 creates 6 threads per round, and their thread-local
# state (caches, scratch buffers) is lost. Inner regions have no pool at all: their teams are created and ended each time. LLVM's libomp, running
# the same binary, keeps all threads. The program counts threads whose thread-local variable still has its initial value.
#
# Exit status: 0 as described, 1 the behaviour has changed, 2 it could not be tried.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Unpack Debian packages (NAME=VERSION) and everything they depend on below $work/root. Nothing is installed. The C library is the system's own.
unpack() {
    local deb apt=(apt-get -qq -y -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::State::status="$work/status"
        -o Dir::Cache::Archives="$work/debs" --no-install-recommends --download-only install)
    mkdir -p "$work/debs/partial" && : >"$work/status"
    "${apt[@]}" "$@" 2>"$work/apt.log" || {
        echo "note: cannot fetch $*; trying the versions that the archive has now"
        "${apt[@]}" "${@%%=*}" || { echo "cannot be tried here: fetching the packages failed (try apt-get update)"; exit 2; }
    }
    for deb in "$work"/debs/*.deb; do
        case ${deb##*/} in libc6_* | libc-bin_*) ;; *) dpkg-deb -x "$deb" "$work/root" ;; esac
    done
    for deb in "${@%%=*}"; do echo "version:  $(dpkg-deb -W "$work/debs/${deb}_"*.deb | tr '\t' ' ')"; done
}

command -v gcc >/dev/null || { echo "cannot be tried here: gcc is missing"; exit 2; }
unpack libgomp1=12.2.0-14+deb12u1 libomp5-14=1:14.0.6-12
cd "$work"
cat >teams.c <<'EOF'
#include <omp.h>
#include <stdatomic.h>
#include <stdio.h>

static _Thread_local int met;
static atomic_int fresh;

static void region(int threads)
{
#pragma omp parallel num_threads(threads)
    if (!met) met = 1, atomic_fetch_add(&fresh, 1);
}

int main(void)
{
    omp_set_dynamic(0);
    omp_set_max_active_levels(2);
    for (int i = 0; i < 100; i++) region(8);
    printf("%d ", atomic_exchange(&fresh, 0));
    for (int i = 0; i < 100; i++) region(8), region(2);
    printf("%d ", atomic_exchange(&fresh, 0));
    for (int i = 0; i < 100; i++) {
#pragma omp parallel num_threads(2)
        region(2);
    }
    printf("%d\n", atomic_exchange(&fresh, 0));
    return 0;
}
EOF
gcc -O1 -fopenmp teams.c -o teams || { echo "cannot be tried here: gcc has no OpenMP"; exit 2; }
libraries=$(echo "$work"/root/usr/lib/*-linux-gnu*)
mkdir llvm && ln -s "$(find "$work/root" -name libomp-14.so.5 -o -name libomp.so.5 | head -1)" llvm/libgomp.so.1 # libomp has libgomp's interface, too
echo "expected: 8 threads for 100 regions of 8; then hardly any for 100 of 8 and of 2 in turn, and for 100 of 2 in 2"
seen=
for library in gcc llvm; do
    path=$libraries
    [ $library = gcc ] || path=$work/llvm:$libraries
    counts=$(env -i PATH="$PATH" LD_LIBRARY_PATH="$path" ./teams 2>log) || { cat log; echo "cannot be tried here"; exit 2; }
    read -r same turn nested <<<"$counts"
    echo "seen:     $library: $same threads for regions of 8; $turn more for 8 and 2 in turn; $nested more for 2 in 2"
    seen+="$counts;"
    [ $library = gcc ] || { ((same == 8 && turn == 0 && nested <= 4)) || { echo "the behaviour has changed"; exit 1; }; }
done
[[ $seen = '8 594 200;'* ]] || { echo "the behaviour has changed"; exit 1; }
