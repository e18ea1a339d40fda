#!/usr/bin/env bash
# check-cluster.sh: a batch of 3000 photographs on a cluster of three nodes, which are namespaces of this machine.
#
# By Slurm, as an array of samples/cluster/slurm.sbatch: in the middle one node is killed, and another is cut off the network and
# comes back. Then by GNU parallel over the nodes (samples/cluster/parallel.sh), one of which is killed. Each time `pixmill verify`
# must say that all are done, and the results must have the bytes of one machine's run. Needs root, Debian's slurmctld, slurmd,
# slurm-client, munge and parallel, and the command $PIXMILL. $KEEP=FOLDER keeps everything there.
set -euo pipefail

export IMAGES=${IMAGES:-3000} SHARDS=${SHARDS:-30}
NODES="n1 n2 n3"
fail() {
    echo "check-cluster: $1" >&2
    [ -z "${work-}" ] || tail -n 15 "$work"/slurmctld.log "$work"/verify* >&2 2>/dev/null || true
    exit 1
}

# All of it in namespaces of its own, which end with this script.
if [ -z "${CLUSTER-}" ]; then
    for tool in slurmctld slurmd sbatch munged parallel unshare nsenter ip; do
        command -v $tool >/dev/null || fail "$tool is missing (make check-cluster installs it)"
    done
    unshare --net --pid --mount --uts --fork --mount-proc true 2>/dev/null || {
        echo "check-cluster: skipped: this system gives no namespaces (be root, outside a container)"
        exit 0
    }
    folder=${KEEP-}
    if [ -z "$folder" ]; then
        folder=$(mktemp -d "${TMPDIR:-/tmp}/pixmill-cluster-XXXXXX")
        trap 'rm -rf "$folder"' EXIT
    fi
    top=$(cd "$(dirname "$0")/.." && pwd)
    CLUSTER=$folder TOP=$top unshare --net --pid --mount --uts --fork --mount-proc --kill-child "$0"
    exit
fi
work=$CLUSTER
cd "$work"
mkdir -p bin in
ln -sf "$PIXMILL" bin/pixmill
export PATH=$work/bin:$PATH LIST=$work/names BASE=$work/in RECIPE="--resize=100x100 -j1"

prepare_images() {
    local photos=("$TOP"/samples/{lake,nebula-progressive,spheres-444,tarn-exif6-icc,moon-grey}.jpg "$TOP"/samples/{dunes,wheel-alpha}.png)
    pixmill run -q "${photos[@]}" -o small --resize=300x300,shrink
    python3 - "$IMAGES" small/* <<'END'
import os, sys
photos = sys.argv[2:]
for i in range(int(sys.argv[1])):
    os.makedirs(f"in/{i // 500}", exist_ok=True)
    photo = photos[i % len(photos)]
    os.link(photo, f"in/{i // 500}/{i}{os.path.splitext(photo)[1]}")
END
    find "$work/in" -type f | sort >names
}

# start_node NAME NUMBER COMMAND: a node's namespaces, joined to the bridge by a veth; its first process, of which the others die,
# runs COMMAND. Its process id is in NAME.pid.
start_node() {
    ip link del "v$1" 2>/dev/null || true
    rm -f "$1.up" "$1.pid"
    unshare --net --pid --mount --uts --fork --kill-child --mount-proc bash -c "
        hostname $1
        until [ -e $1.up ]; do sleep 0.05; done
        ip link set lo up
        $3" >"$1.log" 2>&1 </dev/null &
    local outer=$! pid=
    until pid=$(cat /proc/$outer/task/$outer/children 2>/dev/null) && [ -n "$pid" ]; do sleep 0.05; done
    echo "${pid% }" >"$1.pid"
    ip link add "v$1" type veth peer name eth0 netns "${pid% }"
    ip link set "v$1" master bridge up
    nsenter --net=/proc/"${pid% }"/ns/net sh -c "ip addr add 10.9.0.$2/24 dev eth0 && ip link set eth0 up"
    touch "$1.up"
}
kill_node() {
    kill -9 "$(cat "$1.pid")"
}

prepare_network() {
    hostname ctl
    ip link set lo up
    ip link add bridge type bridge
    ip addr add 10.9.0.1/24 dev bridge
    ip link set bridge up
}

prepare_slurm() {
    mkdir -p etc state
    dd if=/dev/urandom of=munge.key bs=1024 count=1 status=none
    chmod 600 munge.key
    munged --force --socket="$work/munge.socket" --key-file="$work/munge.key" --pid-file="$work/munge.pid" \
        --log-file="$work/munge.log" --seed-file="$work/munge.seed" 2>munge.err || fail "munged: $(cat munge.err)"
    cat >etc/slurm.conf <<END
ClusterName=pixmill
SlurmctldHost=ctl(10.9.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
CryptoType=crypto/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool.%n
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.%n.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=2,batch_sched_delay=0,sched_min_interval=0
SlurmdTimeout=5
BatchStartTimeout=10
KillWait=1
MinJobAge=600
ReturnToService=2
JobRequeue=1
$(for node in $NODES; do echo "NodeName=$node NodeAddr=10.9.0.1${node#n} NodeHostname=$node CPUs=1 RealMemory=512"; done)
PartitionName=all Nodes=ALL Default=YES State=UP MaxTime=INFINITE
END
    echo CgroupPlugin=cgroup/v1 >etc/cgroup.conf # looked for although processes are tracked by /proc
    export SLURM_CONF=$work/etc/slurm.conf
    slurmctld -D >slurmctld.out 2>&1 &
    for node in $NODES; do
        start_node "$node" "1${node#n}" "exec slurmd -D -N $node"
    done
    for _ in $(seq 300); do
        [ "$(sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" = 3 ] && return
        sleep 0.2
    done
    sinfo -N >&2 || true
    fail "Slurm's nodes did not come up"
}

# Tasks in these states, one a line, because they are packed otherwise.
tasks() {
    squeue -h -r -t "$1" -o '%N %i'
}

# wait_until SECONDS WORDS COMMAND...: until the command succeeds.
wait_until() {
    local until=$((SECONDS + $1)) words=$2
    shift 2
    until "$@"; do
        [ $SECONDS -lt $until ] || { squeue -r -o '%i %N %T %r' >&2; sinfo -N >&2; fail "waited too long: $words"; }
        sleep 0.1
    done
}
runs_on() {
    tasks running | grep -q "^$1 "
}
is_down() {
    sinfo -h -N -n "$1" -o %T | grep -q down
}
some_are_done() {
    [ "$(tasks completed | wc -l)" -ge $((SHARDS / 6)) ]
}
# What an administrator does meanwhile. A requeued task waits for two minutes. If Slurm gives it to the node that was cut off, where
# the attempt before still runs, that node is drained ("Duplicate jobid") and the task is held.
all_are_done() {
    local id reason
    while read -r id reason; do
        case $reason in
        BeginTime) scontrol update jobid="$id" starttime=now 2>/dev/null || true ;;
        *held* | *Held*) scontrol release "$id" 2>/dev/null || true ;;
        esac
    done < <(squeue -h -r -t pending -o '%i %r')
    for node in $(sinfo -h -N -t drained -o %N); do
        scontrol update nodename="$node" state=resume 2>/dev/null || true
    done
    [ "$(tasks completed | wc -l)" -eq "$SHARDS" ]
}

# expect_all WHAT: verify says all, and the bytes are one machine's.
expect_all() {
    pixmill verify - --base="$BASE" -o "$DIR" --journal="$DIR.journal/" --shards="$SHARDS" --summary="$DIR.logs/" <names \
        >"verify-$1" 2>&1 || fail "$1: verify: $(tail -n 3 "verify-$1")"
    grep -q "^$IMAGES images: $IMAGES done, 0 damaged, 0 failed, 0 missing, 0 changed, 0 vanished$" "verify-$1" ||
        fail "$1: verify: $(tail -n 3 "verify-$1")"
    diff -r one "$DIR" >/dev/null || fail "$1: the results are not those of one machine"
    echo "check-cluster: $1: $(tail -n 1 "verify-$1"), $(find "$DIR.journal" -type f | wc -l) attempts wrote, $2"
}

by_slurm() {
    local began=$SECONDS
    export DIR=$work/slurm
    mkdir -p "$DIR.logs"
    sbatch -Q --array=0-$((SHARDS - 1)) --output="$DIR.logs/%a.out" --export=ALL "$TOP/samples/cluster/slurm.sbatch"
    wait_until 120 "the first tasks" some_are_done
    wait_until 60 "a task on n1" runs_on n1
    kill_node n1
    wait_until 60 "a task on n2" runs_on n2
    ip link set vn2 down
    wait_until 60 "n1 down" is_down n1
    wait_until 60 "n2 down" is_down n2
    ip link set vn2 up
    wait_until 240 "all tasks" all_are_done
    expect_all slurm "one node killed, one cut off and back, $((SECONDS - began)) s"
}

# A host is reached by its namespaces, not by ssh; one that is gone gives 255 after some seconds, as ssh does.
prepare_hosts() {
    for node in $NODES; do
        kill_node "$node" 2>/dev/null || true
        start_node "$node" "1${node#n}" "exec sleep infinity"
    done
    cat >bin/host-shell <<END
#!/bin/bash
host=\$1
shift
[ "\$1" != -- ] || shift
cd $work
nsenter --target "\$(cat $work/\$host.pid)" --net --pid --mount --uts sh -c "\$*" || { status=\$?; kill -0 "\$(cat $work/\$host.pid)" 2>/dev/null && exit \$status; sleep 3; exit 255; }
END
    chmod +x bin/host-shell
    export PARALLEL_SSH=host-shell PARALLEL_HOME=$work/parallel
    mkdir -p parallel
}
some_summaries() {
    [ "$(find "$DIR.logs" -name "*.json" -size +0 2>/dev/null | wc -l)" -ge $((SHARDS / 6)) ]
}
by_parallel() {
    local began=$SECONDS status=0
    export DIR=$work/parallel-out
    prepare_hosts
    # shellcheck disable=SC2086
    "$TOP/samples/cluster/parallel.sh" $NODES >parallel.log 2>&1 &
    local pid=$!
    wait_until 120 "the first shards" some_summaries
    kill_node n3
    wait $pid || status=$?
    [ $status -eq 0 ] || fail "parallel exited with $status: $(tail -n 5 parallel.log)"
    expect_all parallel "one host killed, $((SECONDS - began)) s"
}

prepare_images
# shellcheck disable=SC2086
pixmill run -q - --base=in -o one $RECIPE <names || fail "the run on one machine"
prepare_network
prepare_slurm
by_slurm
by_parallel
