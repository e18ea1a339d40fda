"""transform_async: transform in a pool of threads, for asyncio."""

import functools
import os
import threading

from ._pixmill import MAX_PIXELS, Stop, transform
from ._workers import processors

_lock = threading.Lock()
_pool = None


def _executor():
    """The pool of this process, made by the first call."""
    global _pool
    with _lock:
        if _pool is None:
            import concurrent.futures

            _pool = concurrent.futures.ThreadPoolExecutor(processors(), 'pixmill')
        return _pool


def _forget_pool():
    """A child process has none of the threads, and perhaps a lock that is held for ever."""
    global _lock, _pool
    _lock = threading.Lock()
    _pool = None


os.register_at_fork(after_in_child=_forget_pool)


async def transform_async(data, recipe, *, secret=None, name='', max_pixels=MAX_PIXELS, timeout=None):
    """Await the result of transform(data, recipe, ...), made in another thread.

    The pool has as many threads as this process may use processors; calls beyond that wait for one,
    and timeout (seconds) does not count the wait. The event loop goes on meanwhile.

    Cancelling the task, as asyncio.timeout() does, stops the work within a few milliseconds (an
    AVIF or JPEG XL that is being encoded, at its end), or takes it out of the queue. Do not change data, if it can be changed, before the call has ended.
    Raises what transform raises.
    """
    import asyncio  # here: it takes longer to import than all of the package

    stop = Stop()
    work = functools.partial(transform, data, recipe, secret=secret, name=name, max_pixels=max_pixels,
                             timeout=timeout, stop=stop)
    try:
        return await asyncio.get_running_loop().run_in_executor(_executor(), work)
    except BaseException:
        stop.set()
        raise
