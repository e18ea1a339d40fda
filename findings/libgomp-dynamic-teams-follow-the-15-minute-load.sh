#!/usr/bin/env bash
# With OMP_DYNAMIC=true libgomp sizes a team by the load average of the last 15 minutes, and by that alone.
#
# The OpenMP specification leaves it open how the number of threads is adjusted. One would guess the present load. libgomp subtracts the
# third value of getloadavg from the number of processors. So on a machine that was busy ten minutes ago and is idle now a team has one
# thread, and on one that has just become busy it has all of them. A batch that runs for a quarter of an hour serialises its own teams.
# Here a getloadavg of our own is put before the C library's, so that the result does not depend on the real load.
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
cat >load.c <<'EOF'
#include <stdio.h>
#include <stdlib.h>

int getloadavg(double *loads, int count)
{
    double all[3] = {0};
    sscanf(getenv("LOADS"), "%lf %lf %lf", &all[0], &all[1], &all[2]);
    for (int i = 0; i < count && i < 3; i++) loads[i] = all[i];
    return count;
}
EOF
# What a compiler makes of "#pragma omp parallel": a call of GOMP_parallel.
cat >team.c <<'EOF'
#include <stdio.h>
void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
int omp_get_num_threads(void);
static void body(void *size) { __atomic_store_n((int *)size, omp_get_num_threads(), __ATOMIC_RELAXED); }
int main(void)
{
    int size = 0;
    GOMP_parallel(body, &size, 0, 0);
    printf("%d\n", size);
    return 0;
}
EOF
cc -shared -fPIC load.c -o load.so
cc team.c -o team "$(echo "$work"/root/usr/lib/*-linux-gnu*/libgomp.so.1)"
team() { LOADS=$1 LD_PRELOAD=$work/load.so LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu*) OMP_DYNAMIC=true ./team; }

unset OMP_NUM_THREADS OMP_THREAD_LIMIT OMP_PROC_BIND OMP_PLACES
all=$(nproc)
idle=$(team "0 0 0") busy=$(team "$all $all 0") was_busy=$(team "0 0 $all")
echo "expected: on $all processors a team of $all when the machine is idle now, of 1 when as many processes run as there are processors"
echo "seen:     load averages 0 0 0: $idle; $all $all 0 (busy now): $busy; 0 0 $all (idle now, busy before): $was_busy"
[[ $idle = "$all" && $busy = "$all" && $was_busy = 1 ]] || { echo "the behaviour has changed"; exit 1; }
