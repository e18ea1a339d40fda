"""Runs a command and prints the peak memory of its processes together, in KiB:  peak-memory.py COMMAND...

Every few milliseconds the shares of all of them (PSS: what several share is counted once) are added up.
"""
import os
import subprocess
import sys
import time

PERIOD = 0.004


def descendants(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            children = file.read().split()
    except OSError:
        return []
    return [int(pid)] + [d for child in children for d in descendants(child)]


def share(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0  # it ended meanwhile


process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
peak = 0
while process.poll() is None:
    peak = max(peak, sum(map(share, descendants(process.pid))))
    time.sleep(PERIOD)
print(peak)
sys.exit(process.returncode)
