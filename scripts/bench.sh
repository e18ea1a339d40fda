#!/usr/bin/env bash
# Compares pixmill's backends on a folder of your own, with hyperfine.
set -euo pipefail

usage() {
    cat <<END
usage: scripts/bench.sh [--backends=LIST] [--jobs=LIST] [--runs=N] [--markdown=FILE] [--json=FILE] [FILTER or OPTION of pixmill run...] INPUT...

  --backends=LIST   threads,procs,omp
  --jobs=LIST       1 and the number of processors
  --runs=N          5, after one to warm up
  --markdown=FILE   write the table there, too
  --json=FILE       write hyperfine's own export there: every single time

  example: scripts/bench.sh --resize=800x800 --blur=1.5 ~/photos

Results go to a temporary folder, emptied before each run and removed at the end.
\$PIXMILL names the command to measure (build/pixmill).
END
}

fail() {
    echo "bench.sh: $1" >&2
    exit 2
}

top=$(cd "$(dirname "$0")/.." && pwd)
pixmill=${PIXMILL:-$top/build/pixmill}
backends=threads,procs,omp jobs=1 runs=5 markdown='' json=''
[ "$(nproc)" -eq 1 ] || jobs=1,$(nproc)
passed_on=()
for argument; do
    case $argument in
    -h | --help) usage && exit 0 ;;
    --backends=*) backends=${argument#*=} ;;
    --jobs=*) jobs=${argument#*=} ;;
    --runs=*) runs=${argument#*=} ;;
    --markdown=*) markdown=${argument#*=} ;;
    --json=*) json=${argument#*=} ;;
    -o | -o* | --output | --output=* | -j* | --backend*) fail "$argument is set by this script (see --help)" ;;
    *) passed_on+=("$argument") ;;
    esac
done
if [ ${#passed_on[@]} -eq 0 ]; then
    usage >&2
    exit 2
fi
[[ $runs =~ ^([2-9]|[1-9][0-9]+)$ ]] || fail "--runs=$runs is not a number of runs (2 or more)"
[ -x "$pixmill" ] || fail "$pixmill is not there (run make first)"
command -v hyperfine >/dev/null || "$top/scripts/setup.sh" hyperfine

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A first run: warms the caches, and reports errors in the arguments.
"$pixmill" run --quiet "${passed_on[@]}" -o "$work/out"

printf -v command '%q ' "$pixmill" run --quiet "${passed_on[@]}"
command+="--backend={backend} --jobs={jobs} -o $work/out"
hyperfine --shell=bash --style=basic --runs="$runs" -L backend "$backends" -L jobs "$jobs" --prepare "rm -rf $work/out" \
    --export-csv "$work/times.csv" --export-json "$work/times.json" "$command" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
}

# A command in the export may contain commas, so the fields are counted from the right.
# ... mean, stddev, median, user, system, min, max, backend, jobs
table() {
    awk -F, 'NR > 1 { t[NR] = $(NF-6); cpu[NR] = $(NF-5) + $(NF-4); low[NR] = $(NF-3); name[NR] = $(NF-1); jobs[NR] = $NF
                      if (!(name[NR] in one) || jobs[NR] == 1) one[name[NR]] = t[NR]
                      if (best == "" || t[NR] < best) best = t[NR] }
             END { for (i = 2; i <= NR; i++)
                       printf "%s %d %.3f %.3f %.3f %.2f %.2f\n", name[i], jobs[i], t[i], low[i], cpu[i], one[name[i]] / t[i], t[i] / best }' \
        "$work/times.csv" | LC_ALL=C sort -k1,1 -k2,2n
}

table | awk 'BEGIN { printf "%-10s %5s %12s %12s %10s %9s %12s\n", "backend", "jobs", "median, s", "fastest, s", "CPU, s", "speedup", "to the best" }
             { printf "%-10s %5d %12s %12s %10s %9s %12s\n", $1, $2, $3, $4, $5, $6, $7 }'
grep -h 'Warning' "$work/log" | sort -u || true
[ -z "$markdown" ] || table | awk '
    BEGIN { print "| backend | jobs | median, s | fastest, s | CPU, s | speedup | to the best |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |" }
    { print "| " $1 " | " $2 " | " $3 " | " $4 " | " $5 " | " $6 " | " $7 " |" }' >"$markdown"
[ -z "$json" ] || cp "$work/times.json" "$json"
