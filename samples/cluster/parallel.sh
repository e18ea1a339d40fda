#!/bin/sh
# All shards of a batch by GNU parallel, over the hosts that are named, which share a file system:
#
#     LIST=names BASE=/data DIR=/out SHARDS=100 parallel.sh host1 host2 host3
#
# --retries gives a shard to another host when its own died; without it a dead host fails one shard after the other. With :
# as a host, this machine takes part.
set -u
[ $# -gt 0 ] || { echo "usage: LIST=FILE BASE=FOLDER DIR=FOLDER SHARDS=N $0 HOST..." >&2; exit 2; }
mkdir -p "$DIR.logs"
hosts=$(echo "$*" | tr ' ' ,)
exec parallel --will-cite --jobs "${JOBS:-1}" --sshlogin "$hosts" --retries 10 --joblog "$DIR.logs/parallel" \
    pixmill run - --base="$BASE" -o "$DIR" ${RECIPE:---resize=1600x1600,shrink --format=jpeg} \
    --shard={}/"$SHARDS" --journal="$DIR.journal/" --resume --max-failed="${MAX_FAILED:-1%}" \
    --summary="$DIR.logs/{}.json" "<$LIST" ::: $(seq 0 $((SHARDS - 1)))
