-- For wrk, by scripts/bench-serve.sh: asks for the paths of the file $PATHS in turn, and says at the end in one line
-- "requests seconds p50_us p99_us errors bytes".
local requests, at = {}, 0

function init()
    for path in io.lines(os.getenv("PATHS")) do
        requests[#requests + 1] = wrk.format("GET", path)
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function done(summary, latency)
    local e = summary.errors
    io.write(string.format("result %d %.6f %d %d %d %d\n", summary.requests, summary.duration / 1e6, latency:percentile(50),
        latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout, summary.bytes))
end
