"""map: many images, lazily."""

import collections
import sys
import typing
import warnings

from ._pixmill import MAX_PIXELS, Error, ImageWarning, Recipe, Stop, UsageError, _transform_noting
from ._workers import processors


class Result(typing.NamedTuple):
    """One image of map(): its number, and the result's bytes or the Error."""

    index: int
    """The image's number in the iterable, from 0."""
    data: typing.Optional[bytes]
    """The result; None if the image failed."""
    error: typing.Optional[Error]
    """Why it failed; None if it did not."""


def map(iterable, recipe, backend='threads', workers=0, ordered=False, *, secret=None,
        max_pixels=MAX_PIXELS, timeout=None):
    """Transform each image of an iterable; returns an iterator of Results.

    iterable: the images' files (bytes, or other objects with a buffer), or a generator that reads
        them: it is advanced in the caller's thread, never by more than 2 x workers images that are
        not yet returned.
    recipe: a Recipe or its text, for all images.
    backend: 'threads'; 'procs': processes, each in a sandbox, for images that nobody trusts: one that
        crashes its decoder fails alone, with a WorkerError; or 'serial': in the caller's thread.
    workers: how many threads or processes; 0: as many as this process may use processors.
    ordered: True: Results in the order of the images; False: in the order in which they end.
    secret, max_pixels, timeout: of each image, as in transform(); encrypted images have no name.

    Warnings of class ImageWarning name the image's number. They are issued here, when its Result is returned.

    An image that fails ends nothing: its Result has the Error. Anything else that is raised, by the
    iterable or by Ctrl-C, stops the images in progress and is raised here, as closing the iterator does.
    Raises UsageError for an invalid recipe or backend, ValueError for a negative number of workers.
    """
    if not isinstance(recipe, Recipe):
        recipe = Recipe(recipe)
    if backend not in ('threads', 'procs', 'serial'):
        raise UsageError(f'backend {backend!r} is not one of: threads, procs, serial')
    if backend == 'procs' and not sys.executable:
        raise UsageError("backend procs can't be used without sys.executable, its helper (use threads)")
    if workers < 0:
        raise ValueError('workers must be 0 (one for each processor) or more')
    if backend == 'procs':
        from . import _procs

        return _procs.results(iterable, Result, _warn, recipe, workers or processors(), max_pixels, timeout, ordered, secret)
    stop = Stop()

    def make(index, data):
        notes = []
        try:
            return Result(index, _transform_noting(notes, data, recipe, secret=secret, max_pixels=max_pixels,
                                                   timeout=timeout, stop=stop), None), notes
        except Error as error:
            return Result(index, None, error), notes

    if backend == 'serial':
        return _serially(iterable, make)
    return _on_threads(iterable, make, stop, workers or processors(), ordered)


def _warn(index, notes):
    """Issues an image's warnings, for the code that advances the generator which calls this."""
    for note in notes:
        warnings.warn(f'image {index}: {note}', ImageWarning, stacklevel=3)


def _serially(iterable, make):
    for index, data in enumerate(iterable):
        result, notes = make(index, data)
        data = None
        _warn(index, notes)
        yield result


def _on_threads(iterable, make, stop, workers, ordered):
    import concurrent.futures
    import queue

    inputs = enumerate(iterable)
    ended = queue.SimpleQueue()       # futures, in the order in which they end
    waiting = collections.deque()     # futures, in the order of the images
    pool = concurrent.futures.ThreadPoolExecutor(workers, 'pixmill-map')
    more = True
    try:
        while True:
            while more and len(waiting) < 2 * workers:
                try:
                    index, data = next(inputs)
                except StopIteration:
                    more = False
                    break
                future = pool.submit(make, index, data)
                waiting.append(future)
                if not ordered:
                    future.add_done_callback(ended.put)
            if not waiting:
                return
            future = waiting.popleft() if ordered else ended.get()
            if not ordered:
                waiting.remove(future)
            data = None
            result, notes = future.result()
            _warn(result.index, notes)
            yield result
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
