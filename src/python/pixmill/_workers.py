"""How many threads work."""

import os


def processors():
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))
