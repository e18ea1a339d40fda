#!/usr/bin/env python3
"""Are CPython's speedups those of pixmill's models? For gil-check.sh, from the reports that it had measured.

    gil-rows.py [--priority] FOLDER             prints the table; exit status 0: all rows are within the limits, 1: not all
    gil-rows.py [--priority] --missing FOLDER   prints what to measure next, a batch a line: its part, models and jobs

FOLDER has reports of pixmill bench, PART-NUMBER.json; none: everything is missing. A row compares two speedups, four trials, of the
same round of a sweep, so that what drifts affects all of them. A round in which other programs or the hypervisor had more than 5 %
of the processors during one of its trials does not count; with --priority, where trials went before other programs, only the
hypervisor's time is held against it. The figure is the median over rounds, and a row is decided once the interval of that median
lies within the limit, or outside it. There are up to five looks, one a batch; each interval holds with 98 %, so a row is called
right or wrong by mistake in at most 5 of 100 checks (Bonferroni).
"""

import json
import math
import pathlib
import statistics
import sys
import typing

CPU_WITHIN, IO_WITHIN = 0.2, 0.10
CONFIDENCE, DISTURBED = 0.98, 0.05
JOBS = (1, 2, 4)
MODELS = {
    'cpu': 'gil,threads,procs,python-threads-kept,python-procs-fork,python-interpreters-kept',
    'released': 'gil,threads,python-threads',
    'io': 'serial,gil,threads,async,python-threads-kept,python-asyncio',
}


class Pair(typing.NamedTuple):
    """Two speedups: of `theirs` at `jobs` workers over `their_base` at one, and the same of pixmill's own model."""
    version: str
    work: str
    part: str
    jobs: int
    theirs: str
    their_base: str
    own: str
    own_base: str

    def points(self):
        """What was measured for it: (model, jobs), CPython's two first."""
        def named(model):
            if model.startswith('python-'):
                return f'{model}@{self.version}'
            return 'gil-released' if (self.part, model) == ('released', 'gil') else model
        return [(named(self.theirs), self.jobs), (named(self.their_base), 1), (named(self.own), self.jobs), (named(self.own_base), 1)]


def load(folder, priority):
    """By part, point and round, the rates of undisturbed trials; of each version, has it a lock?; and (disturbed trials, all)."""
    rates, versions, rejected, trials = {}, {}, 0, 0
    for path in sorted(folder.glob('*.json')):
        report = json.loads(path.read_text())
        part = rates.setdefault(path.stem.rsplit('-', 1)[0], {})
        versions.update((model['python'], model['lock'] != 'none') for model in report['models'] if 'python' in model)
        for trial in report['trials']:
            if trial['cold']:
                continue
            time = (trial['startup_s'] + trial['wall_s']) * report['machine']['processors']
            disturbed = trial['steal_s'] + (0 if priority else trial['others_s']) > DISTURBED * time
            trials, rejected = trials + 1, rejected + disturbed
            if not disturbed:
                point = part.setdefault((trial['model'], trial['jobs']), {})
                point[path.name, trial['trial']] = trial['images'] / trial['wall_s']
    return rates, versions, (rejected, trials)


def pairs(version, has_lock):
    """The rows of one interpreter. One without a lock is compared with `threads` alone."""
    kept, released = ('gil', ('gil', 'threads')) if has_lock else ('threads', ('threads',))
    for jobs in JOBS[1:]:
        yield Pair(version, 'CPU, the lock kept', 'cpu', jobs, *['python-threads-kept'] * 2, *[kept] * 2)
        for own in released:
            yield Pair(version, 'CPU, the lock released', 'released', jobs, *['python-threads'] * 2, *[own] * 2)
        yield Pair(version, 'CPU, processes', 'cpu', jobs, *['python-procs-fork'] * 2, *['procs'] * 2)
        if tuple(map(int, version.rstrip('t').split('.')[:2])) >= (3, 14):
            yield Pair(version, 'CPU, interpreters', 'cpu', jobs, *['python-interpreters-kept'] * 2, *['threads'] * 2)
        for own in ('gil', 'threads'):
            yield Pair(version, 'waiting', 'io', jobs, *['python-threads-kept'] * 2, *[own] * 2)
    yield Pair(version, 'waiting, 16 at once', 'io', 1, 'python-asyncio', 'python-threads-kept', 'async', 'serial')


def interval(values):
    """Of the median, by order statistics (the sign test); None: there are too few values."""
    n, below, k = len(values), 0.0, 0
    while k < n // 2 and below + math.comb(n, k) / 2 ** n <= (1 - CONFIDENCE) / 2:
        below += math.comb(n, k) / 2 ** n
        k += 1
    return (sorted(values)[k - 1], sorted(values)[n - k]) if k > 0 else None


class Row:
    """A pair and its figures. For waiting, `apart` is a share of CPython's speedup."""

    def __init__(self, pair, rates):
        self.pair = pair
        measured = [rates.get(pair.part, {}).get(point, {}) for point in pair.points()]
        rounds = sorted(set.intersection(*map(set, measured)))
        self.theirs, self.own = ([measured[i][one] / measured[i + 1][one] for one in rounds] for i in (0, 2))
        relative = pair.part == 'io'
        self.apart = [own / theirs - 1 if relative else own - theirs for own, theirs in zip(self.own, self.theirs)]
        self.within = IO_WITHIN if relative else CPU_WITHIN
        self.interval = interval(self.apart)

    def answer(self):
        if self.interval is None:
            return 'undecided'
        low, high = self.interval
        if -self.within <= low and high <= self.within:
            return 'yes'
        return 'NO' if low > self.within or high < -self.within else 'undecided'

    def cells(self):
        def median(values):
            return f'{statistics.median(values):.2f}' if values else ''

        def shown(value):
            return f'{100 * value:+.1f} %' if self.pair.part == 'io' else f'{value:+.2f}'

        apart = shown(statistics.median(self.apart)) if self.apart else ''
        if self.interval is not None:
            apart += f' ({shown(self.interval[0])} to {shown(self.interval[1])})'
        return [self.pair.version, self.pair.work, str(self.pair.jobs), self.pair.theirs, median(self.theirs), self.pair.own,
                median(self.own), apart, str(len(self.apart)), self.answer()]


def missing(rows):
    """The batches that undecided rows need."""
    if not rows:
        return [(part, models, ','.join(map(str, JOBS))) for part, models in MODELS.items()]
    batches = {}
    for row in rows:
        if row.answer() == 'undecided':
            models, jobs = batches.setdefault(row.pair.part, ({}, {1}))
            models.update(dict.fromkeys((row.pair.theirs, row.pair.their_base, row.pair.own, row.pair.own_base)))
            jobs.add(row.pair.jobs)
    return [(part, ','.join(models), ','.join(map(str, sorted(jobs)))) for part, (models, jobs) in batches.items()]


def table(rows, rejected, trials):
    """Prints it; returns whether all is well."""
    heads = ['Python', 'work', 'workers', 'CPython', 'speedup', 'pixmill', 'speedup', 'apart (98 % interval)', 'rounds', 'within']
    print('| ' + ' | '.join(heads) + ' |\n|' + ' --- |' * len(heads))
    for row in rows:
        print('| ' + ' | '.join(row.cells()) + ' |')
    answers = [row.answer() for row in rows]
    print(f'\nCPU-bound speedups within {CPU_WITHIN} and overlapped waiting within {100 * IO_WITHIN:.0f} %: {answers.count("yes")} of '
          f'{len(rows)} rows; outside: {answers.count("NO")}, undecided: {answers.count("undecided")}.')
    print(f'{rejected} of {trials} trials were disturbed and do not count.')
    return answers.count('yes') == len(rows) > 0


def main():
    options = {word for word in sys.argv[1:] if word.startswith('-')}
    folders = [word for word in sys.argv[1:] if not word.startswith('-')]
    if len(folders) != 1 or options - {'--priority', '--missing'}:
        sys.exit(__doc__)
    rates, versions, counts = load(pathlib.Path(folders[0]), '--priority' in options)
    rows = [Row(pair, rates) for version, has_lock in versions.items() for pair in pairs(version, has_lock)]
    if '--missing' in options:
        for batch in missing(rows):
            print(*batch)
        return 0
    return 0 if table(rows, *counts) else 1


sys.exit(main())
