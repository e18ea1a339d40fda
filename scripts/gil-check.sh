#!/usr/bin/env bash
# Compares CPython's speedups with those of pixmill's models on similar work: does `gil` behave like CPython?
#   scripts/gil-check.sh [--quick] [PIXMILL]      (build/pixmill; needs python3 and two processors)
# The best trial of each counts, because disturbances only make a trial slower.
# CPU-bound speedups must agree within 0.2 at 2 and 4 workers, overlapped waiting within 10 %. Exit status 1: they do not.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
repeat=7 seconds=1
if [ "${1-}" = --quick ]; then
    repeat=3 seconds=0.3
    shift
fi
pixmill=${1-$here/build/pixmill}

fail() {
    echo "gil-check: $1" >&2
    exit 2
}
command -v python3 >/dev/null || fail "python3 is missing (apt-get install python3)"
[ -x "$pixmill" ] || fail "$pixmill is missing (run make, or name the command)"
python3 -c 'import sys; sys.exit(not getattr(sys, "_is_gil_enabled", lambda: True)())' ||
    fail "this python3 is built without the lock (use one that has it)"

read -r load _ </proc/loadavg
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Waiting is measured with pictures that take almost no other time.
"$pixmill" run -q "$here/samples/moon-1bit.png" --resize=16x16 -o "$work/tiny"
for i in $(seq -w 1 64); do
    cp "$work/tiny/moon-1bit.png" "$work/tiny/$i.png"
done

bench() { # NAME OPTION...
    echo "gil-check: pixmill bench ${*:2}" >&2
    "$pixmill" bench "${@:2}" --jobs=1,2,4 --repeat=$repeat --min-time=$seconds --seed=1 --json="$work/$1.json" >/dev/null
}
bench cpu --models=gil,procs,threads --workloads=cpu --resize=800x800 "$here/samples"
bench released --models=gil --gil=released --workloads=cpu --resize=800x800 "$here/samples"
bench io --models=serial,gil,threads,async --workloads=io --io-delay=20 "$work/tiny"

echo "gil-check: the same with python3" >&2
python3 - "$work" $repeat $seconds "$load" <<'PYTHON'
import asyncio, hashlib, json, os, platform, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context

folder, repeat, seconds, load = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
PROCESSORS = len(os.sched_getaffinity(0))
JOBS = (1, 2, 4)
DELAY, FILES, AT_ONCE = 0.020, 64, 32  # as in the io workload, and its event loop
CPU_WITHIN, IO_WITHIN = 0.2, 0.10


def in_python(_):
    total = 0
    for i in range(100_000):
        total += i * i
    return total


BLOCK = bytes(8 << 20)


def in_c(_):  # drops the lock while it hashes
    hashlib.sha256(BLOCK).digest()


def sleeping(_):
    time.sleep(DELAY)


def throughput(run, items):
    began = time.perf_counter()
    run(items)
    return items / (time.perf_counter() - began)


def threads(work, n):
    with ThreadPoolExecutor(n) as pool:
        together = threading.Barrier(n)
        list(pool.map(lambda _: together.wait(), range(n)))  # all threads are there
        yield lambda items: list(pool.map(work, range(items)))


def meet():
    BARRIER.wait()


def processes(work, n):
    global BARRIER
    context = get_context("fork")
    BARRIER = context.Barrier(n)
    with context.Pool(n) as pool:
        for waiting in [pool.apply_async(meet) for _ in range(n)]:
            waiting.get()
        yield lambda items: pool.map(work, range(items), chunksize=1)


def loop(_work, _n):
    async def gather(items):
        room = asyncio.Semaphore(AT_ONCE)

        async def one():
            async with room:
                await asyncio.sleep(DELAY)

        await asyncio.gather(*(one() for _ in range(items)))

    yield lambda items: asyncio.run(gather(items))


def speedups(how, work, items=None):
    """Throughput at 1, 2 and 4 workers over that at 1, each the best of its trials, which take turns."""
    if items is None:
        once = time.perf_counter()
        work(0)
        items = max(8, round(seconds / (time.perf_counter() - once)))
    samples = {n: [] for n in JOBS}
    for _ in range(repeat):
        for n in JOBS:
            for run in how(work, n):
                samples[n].append(throughput(run, items))
    return {n: max(samples[n]) / max(samples[1]) for n in JOBS}


def event_loop():
    """asyncio over one sleep after the other."""
    one_by_one = [throughput(lambda n: [sleeping(i) for i in range(n)], FILES) for _ in range(repeat)]
    together = [throughput(run, FILES) for _ in range(repeat) for run in loop(None, 1)]
    return max(together) / max(one_by_one)


def ours(name, model, against=None):
    """The same of a model, from pixmill's trials; or its throughput over another model's at 1 job."""
    with open(f"{folder}/{name}.json") as file:
        trials = json.load(file)["trials"]
    best = {}
    for trial in trials:
        point = trial["model"], trial["jobs"]
        if not trial["cold"]:
            best[point] = max(best.get(point, 0), trial["images"] / trial["wall_s"])
    return {n: best[model, n] / best[against or model, 1] for n in JOBS if (model, n) in best}


def row(work, theirs_name, theirs, ours_name, own, n, within, relative):
    off = abs(own - theirs) / theirs if relative else abs(own - theirs)
    shown = f"{100 * off:.0f} %" if relative else f"{off:.2f}"
    good = off <= within
    print(f"| {work} | {n} | {theirs_name} | {theirs:.2f} | {ours_name} | {own:.2f} | {shown} | "
          f"{'yes' if good else 'NO'} |")
    return good


print(f"\nPython {platform.python_version()}, {PROCESSORS} processors, load {load:.1f} before; "
      f"best of {repeat}\n")
print("| work | workers | CPython | speedup | pixmill | speedup | apart | within the limit |")
print("| --- | --: | --- | --: | --- | --: | --: | --- |")
pairs = (
    ("CPU, lock held", "threading, a loop in Python", speedups(threads, in_python), "gil", ours("cpu", "gil")),
    ("CPU, lock released", "threading, hashlib", speedups(threads, in_c), "gil --gil=released",
     ours("released", "gil-released")),
    ("CPU, no lock", "threading, hashlib", None, "threads", ours("cpu", "threads")),
    ("CPU, processes", "multiprocessing, a loop in Python", speedups(processes, in_python), "procs",
     ours("cpu", "procs")),
)
good = True
for work, theirs_name, theirs, ours_name, own in pairs:
    theirs = theirs or pairs[1][2]
    for n in JOBS[1:]:
        good &= row(work, theirs_name, theirs[n], ours_name, own[n], n, CPU_WITHIN, False)
asleep = speedups(threads, sleeping, FILES)
for ours_name, own in (("gil", ours("io", "gil")), ("threads", ours("io", "threads"))):
    for n in JOBS[1:]:
        good &= row("waiting", "threading, sleep", asleep[n], ours_name, own[n], n, IO_WITHIN, True)
good &= row(f"waiting, {AT_ONCE} at once", "asyncio", event_loop(), "async",
            ours("io", "async", "serial")[1], 1, IO_WITHIN, True)
print(f"\nCPU-bound speedups within {CPU_WITHIN} and overlapped waiting within {100 * IO_WITHIN:.0f} %: "
      f"{'all of them' if good else 'NOT all of them'}.")
if load > PROCESSORS / 4:
    print("The machine was busy before it began, which shifts speedups on both sides: let it be alone and run it again.")
sys.exit(not good)
PYTHON
