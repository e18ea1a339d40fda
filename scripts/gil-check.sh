#!/usr/bin/env bash
# Compares CPython's speedups with those of pixmill's models: does `gil` behave like CPython's lock, `threads` like a Python without one?
#   scripts/gil-check.sh [--quick] [--python=INTERPRETER] [PIXMILL]      (/usr/bin/python3, build/pixmill; needs two processors)
# Both are measured by `pixmill bench --python`, in turns, with the same work; the interpreter needs the module (make python PYTHON=...),
# which is looked for beside PIXMILL. The best trial of each counts, because disturbances only make a trial slower.
# On a free-threaded interpreter, which has no lock, all are compared with `threads`.
# CPU-bound speedups must agree within 0.2 at 2 and 4 workers, overlapped waiting within 10 %. Exit status 1: they do not.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
repeat=7 seconds=1 python=/usr/bin/python3 pixmill=$here/build/pixmill
for argument; do
    case $argument in
    --quick) repeat=3 seconds=0.3 ;;
    --python=*) python=${argument#*=} ;;
    -*)
        echo "gil-check: $argument is unknown (see the script's first lines)" >&2
        exit 2
        ;;
    *) pixmill=$argument ;;
    esac
done
[ -x "$pixmill" ] || {
    echo "gil-check: $pixmill is missing (run make, or name the command)" >&2
    exit 2
}
PYTHONPATH=$(cd "$(dirname "$pixmill")" && pwd)/python${PYTHONPATH:+:$PYTHONPATH}
export PYTHONPATH

read -r load _ </proc/loadavg
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Waiting is measured with pictures that take almost no other time.
"$pixmill" run -q "$here/samples/moon-1bit.png" --resize=16x16 -o "$work/tiny"
for i in $(seq -w 1 31); do
    cp "$work/tiny/moon-1bit.png" "$work/tiny/$i.png"
done

bench() { # NAME OPTION...
    echo "gil-check: pixmill bench ${*:2}" >&2
    "$pixmill" bench "${@:2}" --python="$python" --jobs=1,2,4 --repeat=$repeat --min-time=$seconds --seed=1 --json="$work/$1.json" >/dev/null
}
bench cpu --workloads=cpu --resize=800x800 "$here/samples" \
    --models=gil,threads,procs,python-threads-kept,python-procs-fork,python-interpreters-kept
bench released --gil=released --workloads=cpu --resize=800x800 "$here/samples" --models=gil,threads,python-threads
bench io --workloads=io --io-delay=100 "$work/tiny" --models=serial,gil,threads,async,python-threads-kept,python-asyncio

"$python" - "$work" $repeat "$load" <<'PYTHON'
import json, os, sys

folder, repeat, load = sys.argv[1], sys.argv[2], float(sys.argv[3])
PROCESSORS = len(os.sched_getaffinity(0))
CPU_WITHIN, IO_WITHIN = 0.2, 0.10
reports = {}
for name in ('cpu', 'released', 'io'):
    with open(f'{folder}/{name}.json') as file:
        reports[name] = json.load(file)
(interpreter,) = {(model['python'], model['lock'] == 'none') for model in reports['released']['models'] if 'python' in model}
version, free_threaded = interpreter


def best(report, model, jobs):
    """The highest throughput of its trials; None: not measured."""
    return max((trial['images'] / trial['wall_s'] for trial in reports[report]['trials']
                if trial['model'].split('@')[0] == model and trial['jobs'] == jobs and not trial['cold']), default=None)


def speedup(report, model, jobs, against=None):
    rate = best(report, model, jobs)
    return rate and rate / best(report, against or model, 1)


def row(work, jobs, theirs_name, theirs, own_name, own, within, relative):
    if theirs is None:
        return True
    off = abs(own - theirs) / theirs if relative else abs(own - theirs)
    shown = f'{100 * off:.0f} %' if relative else f'{off:.2f}'
    good = off <= within
    print(f'| {work} | {jobs} | {theirs_name} | {theirs:.2f} | {own_name} | {own:.2f} | {shown} | {"yes" if good else "NO"} |')
    return good


locked, released = ('threads', 'threads') if free_threaded else ('gil', 'gil-released')
print(f'\nPython {version}, {PROCESSORS} processors, load {load:.1f} before; best of {repeat}\n')
print('| work | workers | CPython | speedup | pixmill | speedup | apart | within the limit |')
print('| --- | --: | --- | --: | --- | --: | --: | --- |')
good = True
for work, report, theirs, own in (('CPU, lock kept', 'cpu', 'python-threads-kept', locked),
                                  ('CPU, lock released', 'released', 'python-threads', released),
                                  ('CPU, lock released', 'released', 'python-threads', 'threads'),
                                  ('CPU, processes', 'cpu', 'python-procs-fork', 'procs'),
                                  ('CPU, a lock for each', 'cpu', 'python-interpreters-kept', 'threads')):
    for jobs in (2, 4):
        good &= row(work, jobs, theirs, speedup(report, theirs, jobs), own, speedup(report, own, jobs), CPU_WITHIN, False)
for own in ('gil', 'threads'):
    for jobs in (2, 4):
        good &= row('waiting', jobs, 'python-threads-kept', speedup('io', 'python-threads-kept', jobs), own,
                    speedup('io', own, jobs), IO_WITHIN, True)
good &= row('waiting, 32 at once', 1, 'python-asyncio', speedup('io', 'python-asyncio', 1, 'python-threads-kept'), 'async',
            speedup('io', 'async', 1, 'serial'), IO_WITHIN, True)
print(f'\nCPU-bound speedups within {CPU_WITHIN} and overlapped waiting within {100 * IO_WITHIN:.0f} %: '
      f'{"all of them" if good else "NOT all of them"}.')
if load > PROCESSORS / 4:
    print('The machine was busy before it began, which shifts speedups on both sides: let it be alone and run it again.')
sys.exit(not good)
PYTHON
