#!/usr/bin/env bash
# OMP_PROC_BIND takes all processors but one from a program that runs no parallel region at all.
#
# The variable is known as a way to pin the threads of OpenMP's teams. But libgomp's constructor, which runs when the library is loaded,
# pins the initial thread itself to its first place. Threads made with pthread_create and child processes inherit that mask. So a
# program that is merely linked with libgomp, or loads a library that is, runs all its other threads and its children on one processor,
# and whatever counts processors by sched_getaffinity (nproc, many thread pools) finds one.
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
run() { LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu*) "$work/root/usr/bin/$1" "${@:2}"; }

command -v cc >/dev/null || { echo "cannot be tried here: a C compiler is missing"; exit 2; }
[ "$(nproc)" -ge 2 ] || { echo "cannot be tried here: it takes two processors"; exit 2; }
unpack libgomp1=12.2.0-14+deb12u1
cd "$work"
cat >count.c <<'EOF'
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

static void *count(void *result)
{
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    *(int *)result = CPU_COUNT(&set);
    return NULL;
}

int main(void)
{
    int in_main, in_thread, in_child;
    pthread_t thread;
    count(&in_main);
    pthread_create(&thread, NULL, count, &in_thread);
    pthread_join(thread, NULL);
    FILE *child = popen("nproc", "r");
    if (!child || fscanf(child, "%d", &in_child) != 1) return 3;
    pclose(child);
    printf("main %d, pthread %d, child process %d\n", in_main, in_thread, in_child);
    return 0;
}
EOF
cc count.c -o without -pthread
cc count.c -o with -pthread -Wl,--no-as-needed "$(echo "$work"/root/usr/lib/*-linux-gnu*/libgomp.so.1)"
plain=$(env -u OMP_PLACES OMP_PROC_BIND=true ./without)
linked=$(LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu*) env -u OMP_PLACES OMP_PROC_BIND=true ./with)
echo "expected: $plain (processors each may use; not linked with libgomp)"
echo "seen:     $linked (linked with libgomp, no OpenMP directive, no call of its functions)"
[ "$linked" = 'main 1, pthread 1, child process 1' ] || { echo "the behaviour has changed"; exit 1; }
