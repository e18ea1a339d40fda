#!/usr/bin/env bash
# Images by URL: compares threads with the event loop at 1, 8, 64 and 512 transfers in flight. The server is a local nginx that waits
# 20 ms before each response (echo_sleep of Debian's libnginx-mod-http-echo, a timer that blocks nothing). Both engines have the same
# workers; pixmill bench runs them in turns, each trial in a process of its own. Prints a table: medians of transfers per second, peak
# memory (proportional set size), and voluntary context switches per transfer.
#   scripts/bench-urls.sh [--repeat=N] [--python=INTERPRETER]
# With --python it instead runs samples/python/fetch.py, threads and asyncio, on 400 URLs of that server.
set -euo pipefail

repeat=5 python=
for argument; do
    case $argument in
    --repeat=*) repeat=${argument#*=} ;;
    --python=*) python=${argument#*=} ;;
    *)
        echo 'usage: scripts/bench-urls.sh [--repeat=N] [--python=INTERPRETER]' >&2
        exit 2
        ;;
    esac
done

root=$(cd "$(dirname "$0")/.." && pwd)
"$root/scripts/setup.sh" nginx libnginx-mod-http-echo jq
pixmill=${PIXMILL:-$root/build/pixmill}
[ -x "$pixmill" ] || make -s -C "$root" -j"$(nproc)" all

work=$(mktemp -d)
nginx=
trap '[ -z "$nginx" ] || kill "$nginx" 2>/dev/null; wait; rm -rf "$work"' EXIT

# Every name below /p/ is this small picture, so that fetching is measured, not decoding.
chmod 755 "$work" # nginx drops its privileges
mkdir "$work/files"
"$pixmill" run "$root/samples/lake.jpg" -o "$work/files" --resize=160x160 --quiet
port=$((20000 + RANDOM % 20000))
cat >"$work/nginx.conf" <<EOF
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
pid $work/pid;
error_log $work/error.log;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path $work/body;
    proxy_temp_path $work/proxy;
    fastcgi_temp_path $work/fastcgi;
    uwsgi_temp_path $work/uwsgi;
    scgi_temp_path $work/scgi;
    keepalive_requests 1000000;
    server {
        listen 127.0.0.1:$port backlog=4096;
        root $work/files;
        location /p/ { echo_sleep 0.02; echo_exec /lake.jpg; }
        location = /lake.jpg { internal; }
    }
}
EOF
nginx -c "$work/nginx.conf" -e "$work/error.log" &
nginx=$!
until (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    kill -0 "$nginx" 2>/dev/null || { cat "$work/error.log" >&2; exit 1; }
    read -rt 0.05 <> <(:) || true
done

if [ -n "$python" ]; then
    seq -f "http://127.0.0.1:$port/p/%.0f.jpg" 400 |
        PYTHONPATH=$(dirname "$pixmill")/python${PYTHONPATH:+:$PYTHONPATH} xargs "$python" "$root/samples/python/fetch.py" "$work/out"
    exit
fi

echo '| in flight | threads: transfers/s | memory | switches | event loop: transfers/s | memory | switches |'
echo '| --- | --- | --- | --- | --- | --- | --- |'
for jobs in 1 8 64 512; do
    case $jobs in 1) count=64 ;; 8) count=400 ;; *) count=4096 ;; esac
    seq -f "http://127.0.0.1:$port/p/%.0f.jpg" $count |
        "$pixmill" bench - --allow-private --workloads=io --models=threads+threads,threads+async --jobs=2 --io-jobs=$jobs \
            --resize=80x80 --min-time=0 --repeat="$repeat" --progress=never --json="$work/$jobs.json" >"$work/$jobs.txt" || {
        cat "$work/$jobs.txt" >&2
        exit 1
    }
    jq -r --argjson jobs $jobs '
        def median: sort | .[(length / 2 | floor)];
        def of($model): [.trials[] | select(.model == $model and .trial != null and (.cold | not))];
        def cells($model): of($model) | [
            (map(.images / .wall_s) | median | round),
            "\(map(.peak_pss_bytes / 1048576) | median * 10 | round / 10) MiB",
            (map(.voluntary_switches / .images) | median * 100 | round / 100)];
        "| \([$jobs] + cells("threads+threads") + cells("threads+async") | map(tostring) | join(" | ")) |"
    ' "$work/$jobs.json"
done
