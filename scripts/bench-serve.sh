#!/usr/bin/env bash
# Measures `pixmill serve`, nginx's image_filter and a Node http server with sharp on the same photographs and processors.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/scripts/peer-sharp.sh"
rounds=3
seconds=5
clients=8
idle=10000
pictures=

usage() {
    cat <<END
usage: scripts/bench-serve.sh [--rounds=N] [--seconds=S] [--clients=N] [--pictures=DIR] [WORK...]

  uncached   JPEG photographs fitted into 800 x 600, JPEG of quality 80, each request another one
  cached     the same results, kept; beside nginx with one worker that serves them as files
  idle       $idle idle keep-alive connections: their memory, and the speed of the others with and without them

  WORK...          which of them (all)
  --rounds=N       turns of each program, after one to warm up ($rounds)
  --seconds=S      length of a turn ($seconds)
  --clients=N      connections that ask at once, uncached ($clients); cached it is 32
  --pictures=DIR   a folder of JPEGs (the baseline photographs that scripts/corpus.sh lays out in $cache/corpus)

The programs take turns; medians count, and only ratios of one table mean anything. Everything stays on the loopback device.
\$PIXMILL names the command to measure (build/pixmill). sharp is installed into $cache.
END
}

fail() {
    echo "bench-serve.sh: $1" >&2
    exit 2
}

pixmill=${PIXMILL:-$top/build/pixmill}
works=()
for argument; do
    case $argument in
    -h | --help) usage && exit 0 ;;
    --rounds=*) rounds=${argument#*=} ;;
    --seconds=*) seconds=${argument#*=} ;;
    --clients=*) clients=${argument#*=} ;;
    --pictures=*) pictures=${argument#*=} ;;
    uncached | cached | idle) works+=("$argument") ;;
    *) fail "$argument is unknown (see --help)" ;;
    esac
done
[ ${#works[@]} -gt 0 ] || works=(uncached cached idle)
for number in "$rounds" "$seconds" "$clients"; do
    [[ $number =~ ^[1-9][0-9]*$ ]] || fail "$number is no number above 0"
done
[ -x "$pixmill" ] || fail "$pixmill is not there (run make first)"

"$top/scripts/setup.sh" wrk nginx libnginx-mod-http-image-filter python3 curl
install_sharp
if [ -z "$pictures" ]; then
    "$top/scripts/corpus.sh" "$cache/corpus" >/dev/null
    pictures=$cache/corpus/baseline
fi
pictures=$(cd "$pictures" && pwd)
jobs=$(nproc)
# An idle connection needs a descriptor in each of the two processes; root may raise the limit.
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"

work_dir=$(mktemp -d)
chmod 755 "$work_dir"
servers=()
stop_servers() {
    local pid
    for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${servers[@]}"; do wait "$pid" 2>/dev/null || true; done
    servers=()
}
trap 'stop_servers; rm -rf "$work_dir"' EXIT

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Waits until a server answers at the address.
await() {
    local i
    for ((i = 0; i < 600; i++)); do
        if curl -s -o /dev/null "http://$1/"; then return; fi
        sleep 0.1
    done
    fail "the server at $1 does not answer: $(tail -n 3 "$work_dir"/*.log)"
}

# start_pixmill NAME [OPTION...]: sets $address and $pid.
start_pixmill() {
    local name=$1 i
    shift
    : >"$work_dir/$name.log"
    "$pixmill" serve --root="$pictures" --listen=127.0.0.1:0 --jobs="$jobs" --idle-timeout=600 "$@" 2>"$work_dir/$name.log" &
    pid=$!
    servers+=("$pid")
    for ((i = 0; i < 600; i++)); do
        address=$(sed -n 's|.*http://\([0-9.:]*\)/.*|\1|p' "$work_dir/$name.log")
        [ -z "$address" ] || break
        sleep 0.1
    done
    await "$address"
}

# start_nginx NAME WORKERS LOCATION: the same, with a location's directives.
start_nginx() {
    local port
    port=$(free_port)
    address=127.0.0.1:$port
    mkdir -p "$work_dir/$1"
    cat >"$work_dir/$1/conf" <<END
load_module /usr/lib/nginx/modules/ngx_http_image_filter_module.so;
daemon off;
worker_processes $2;
pid $work_dir/$1/pid;
error_log $work_dir/$1.log crit;
$([ "$(id -u)" -ne 0 ] || echo 'user root;')
events { worker_connections 4096; }
http {
    access_log off;
    sendfile on;
    tcp_nopush on;
    types { image/jpeg jpg; }
    keepalive_requests 100000000;
    client_body_temp_path $work_dir/$1; proxy_temp_path $work_dir/$1; fastcgi_temp_path $work_dir/$1;
    uwsgi_temp_path $work_dir/$1; scgi_temp_path $work_dir/$1;
    server {
        listen $address;
        location / { $3 }
    }
}
END
    nginx -c "$work_dir/$1/conf" 2>>"$work_dir/$1.log" &
    pid=$!
    servers+=("$pid")
    await "$address"
}

start_node() {
    local port
    port=$(free_port)
    address=127.0.0.1:$port
    UV_THREADPOOL_SIZE=$jobs "$node" "$top/scripts/serve-peer.mjs" "$cache" "$pictures" "$port" >"$work_dir/node.log" 2>&1 &
    pid=$!
    servers+=("$pid")
    await "$address"
}

# The process and its descendants.
tree() {
    local child
    echo "$1"
    for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do tree "$child"; done
}

# Proportional memory of a process and its descendants, KiB.
pss() {
    local one
    for one in $(tree "$1"); do cat "/proc/$one/smaps_rollup" 2>/dev/null || true; done | awk '/^Pss:/ { sum += $2 } END { print sum + 0 }'
}

# turn NAME ADDRESS PID CLIENTS PATHS: one turn; adds a line "requests/s p50 p99 KiB" (µs) to NAME.turns.
turn() {
    local most=0 now load
    PATHS=$5 wrk -t1 -c"$4" -d"${seconds}s" --timeout 30s -s "$top/scripts/wrk-paths.lua" "http://$2" >"$work_dir/wrk" &
    load=$!
    while kill -0 "$load" 2>/dev/null; do
        now=$(pss "$3")
        [ "$now" -le "$most" ] || most=$now
        sleep 0.25
    done
    wait "$load"
    awk -v kib="$most" -v name="$1" '
        $1 == "result" { found = 1
            if ($6 > 0) { printf "bench-serve.sh: %s: %d of %d requests failed\n", name, $6, $2 > "/dev/stderr"; exit 1 }
            printf "%.3f %d %d %d\n", $2 / $3, $4, $5, kib }
        END { if (!found) exit 1 }' "$work_dir/wrk" >>"$work_dir/$1.turns" || fail "a turn of $1 failed"
}

median() {
    sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

column() {
    cut -d' ' -f"$2" "$work_dir/$1.turns" | median
}

# row WORK NAME BASE: the medians of a program, and its speed relative to BASE.
row() {
    printf '| %s | %s | %.0f | %.2f | %.2f | %.0f | %.2f |\n' "$1" "$2" "$(column "$2" 1)" \
        "$(column "$2" 2 | awk '{ print $1 / 1e3 }')" "$(column "$2" 3 | awk '{ print $1 / 1e3 }')" \
        "$(column "$2" 4 | awk '{ print $1 / 1024 }')" \
        "$(awk -v a="$(column "$2" 1)" -v b="$(column "$3" 1)" 'BEGIN { print a / b }')"
}

# in_turns CLIENTS NAME...: measures the servers in $addresses and $pids; their paths are in NAME.paths.
declare -A addresses pids
in_turns() {
    local round name count=$1
    shift
    rm -f "$work_dir"/*.turns
    for ((round = 0; round <= rounds; round++)); do
        for name; do
            turn "$name" "${addresses[$name]}" "${pids[$name]}" "$count" "$work_dir/$name.paths"
        done
        [ "$round" -gt 0 ] || rm -f "$work_dir"/*.turns
    done
}

started() {
    addresses[$1]=$address
    pids[$1]=$pid
}

# The pictures' names in a fixed order, in which copies of a picture are not adjacent.
names() {
    (cd "$pictures" && find . -type f -iname '*.jp*g' -printf '%P\n') | grep -v '[^A-Za-z0-9._/-]' | LC_ALL=C sort | shuf --random-source=<(yes)
}

run_uncached() {
    local name
    start_pixmill pixmill && started pixmill
    start_pixmill pixmill-procs --backend=procs && started pixmill-procs
    start_nginx nginx "$jobs" "root $pictures; image_filter resize 800 600; image_filter_jpeg_quality 80; image_filter_buffer 64M;" && started nginx
    start_node && started node
    names | sed 's|^|/|' | tee "$work_dir/nginx.paths" >"$work_dir/node.paths"
    names | sed 's|^|/resize=800x600/format=jpeg/|' | tee "$work_dir/pixmill.paths" >"$work_dir/pixmill-procs.paths"
    in_turns "$clients" pixmill nginx node pixmill-procs
    for name in nginx node pixmill pixmill-procs; do row uncached "$name" node; done
    stop_servers
}

# Fills the cache and stores the same results for nginx.
start_cached() {
    local path
    rm -rf "$work_dir/cache" "$work_dir/results"
    start_pixmill pixmill --cache="$work_dir/cache" && started pixmill
    mkdir -p "$work_dir/results"
    names | head -n 20 >"$work_dir/names"
    sed 's|^|/resize=800x600/format=jpeg/|' "$work_dir/names" >"$work_dir/pixmill.paths"
    sed 's|^.*/||; s|^|/|' "$work_dir/names" >"$work_dir/nginx.paths"
    while read -r path; do
        curl -sf -o "$work_dir/results/${path##*/}" "http://${addresses[pixmill]}/resize=800x600/format=jpeg/$path"
    done <"$work_dir/names"
}

run_cached() {
    start_cached
    start_nginx nginx 1 "root $work_dir/results;" && started nginx
    in_turns 32 pixmill nginx
    row cached nginx nginx
    row cached pixmill nginx
    stop_servers
}

run_idle() {
    local before after load said
    start_cached
    in_turns 32 pixmill
    before=$(column pixmill 1)
    printf 'idle: without them %.0f cached requests/s, p99 %.2f ms, %.1f MB\n' "$before" \
        "$(column pixmill 3 | awk '{ print $1 / 1e3 }')" "$(pss "${pids[pixmill]}" | awk '{ print $1 * 1024 / 1e6 }')"
    coproc HOLD { python3 "$top/scripts/idle-connections.py" "${addresses[pixmill]%:*}" "${addresses[pixmill]#*:}" "$idle"; }
    load=$HOLD_PID
    read -r said <&"${HOLD[0]}" || fail "the idle connections could not be opened"
    printf 'idle: %s; the server takes %.1f MB\n' "$said" "$(pss "${pids[pixmill]}" | awk '{ print $1 * 1024 / 1e6 }')"
    in_turns 32 pixmill
    after=$(column pixmill 1)
    printf 'idle: with them %.0f cached requests/s, p99 %.2f ms, %.1f MB: %.2f of the speed without\n' "$after" \
        "$(column pixmill 3 | awk '{ print $1 / 1e3 }')" "$(column pixmill 4 | awk '{ print $1 * 1024 / 1e6 }')" \
        "$(awk -v a="$after" -v b="$before" 'BEGIN { print a / b }')"
    exec {HOLD[1]}>&-
    read -r said <&"${HOLD[0]}"
    wait "$load" || true
    echo "idle: afterwards $said"
    [ "${said#alive }" -eq "$idle" ] || fail "the server closed idle connections (raise ulimit -n)"
    stop_servers
}

echo "$("$pixmill" --version | head -n 1), $(nginx -v 2>&1), sharp $("$node" -p "require('$cache/node_modules/sharp/package.json').version")" \
    "(Node $("$node" -v)); $jobs processors; medians of $rounds turns of $seconds s."
echo
echo "| work | program | requests/s | p50, ms | p99, ms | peak PSS, MiB | speed beside (node; nginx) |"
echo "| --- | --- | ---: | ---: | ---: | ---: | ---: |"
for work in "${works[@]}"; do
    "run_$work"
done
