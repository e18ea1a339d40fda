"""One trial of a Python model of `pixmill bench --python`, in a process of its own.

The lab starts it as it starts pixmill-trial (src/bench/measure/trial.h): its options are arguments, the inputs' names, separated
by NUL, are standard input, and descriptor 3 is a socket over which it reports and then pauses until it is released. The report is
a JSON object with the members of struct trial_report.
"""

import json
import os
import resource
import socket
import sys
import time

from . import _trial_models
from ._pixmill import _end_with_parent, probe

_SOCKET = 3
_TINY_JOBS, _TINY_BYTES = 10000, 64


class _Options:
    """The request."""

    def __init__(self, words):
        given = dict(word[2:].split('=', 1) for word in words)
        self.model = given['model']
        self.kept = self.model.endswith('-kept')
        self.workload = given['workload']
        self.jobs, self.rounds = int(given['jobs']), int(given['rounds'])
        self.delay = float(given.get('read-delay', 0)) / 1000
        self.started = float(given['started'])
        self.output, self.recipe = given.get('output'), given.get('recipe', '')
        self.in_flight = int(given.get('io-jobs', 32))
        self.cpus = [int(cpu) for cpu in given.get('cpus', '').split(',') if cpu]
        self.pictures = [word.split('=', 1)[1] for word in words if word.startswith('--picture=')]


def _usage():
    """What only this process can measure of itself."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {'user_s': used.ru_utime, 'system_s': used.ru_stime, 'voluntary_switches': used.ru_nvcsw,
            'involuntary_switches': used.ru_nivcsw, 'minor_faults': used.ru_minflt, 'major_faults': used.ru_majflt}


def _pixels(path):
    with open(path, 'rb') as file:
        info = probe(file.read())
    return info.width * info.height * info.frames


def _task(options):
    """What is done with each file; None: nothing, the jobs are tiny."""
    if options.workload == 'overhead':
        return None
    pictures = {}
    for name in options.pictures:
        with open(name, 'rb') as file:
            pictures[name] = file.read()
    return _trial_models.Task(options.recipe, pictures, options.delay, options.output, options.kept)


def _measure(model, options, names):
    """Runs the open model; returns the report."""
    tiny = options.workload == 'overhead'
    items = [bytes([65]) * _TINY_BYTES] * _TINY_JOBS if tiny else list(enumerate(names))
    began = time.monotonic()
    done = model.run(items, options.rounds)
    wall = time.monotonic() - began
    if done != options.rounds * len(items):
        raise RuntimeError(f'{done} of {options.rounds * len(items)} jobs have the right result')
    return {'startup_s': began - options.started, 'wall_s': wall, 'workers': options.jobs, 'images': done,
            'pixels': 0 if tiny else options.rounds * sum(map(_pixels, names)), 'blocked_s': model.blocked, **_usage()}


def main():
    """The whole life of the process."""
    _end_with_parent()
    lab = socket.socket(fileno=_SOCKET)
    lab.set_inheritable(False)
    options = _Options(sys.argv[1:])
    names = [name for name in sys.stdin.buffer.read().split(b'\0') if name]
    model = None
    try:
        model = _trial_models.open_model(options, _task(options))
        report = _measure(model, options, names)
    except _trial_models.JobError as error:
        report = {'error': error.args[0][:400], 'culprit': error.args[1][-150:]}
    except Exception as error:
        report = {'error': f'{type(error).__name__}: {error}'[:400]}
    lab.send(json.dumps(report).encode())
    lab.recv(1)
    if model is not None:
        model.close()
    sys.exit(1 if 'error' in report else 0)
