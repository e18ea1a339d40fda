"""Filters for JPEG, PNG, WebP, AVIF, HEIC, JPEG XL, TIFF, GIF and BMP images, in parallel on threads.

    import pixmill

    recipe = pixmill.Recipe('resize=800x800/format=jpeg/quality=80')
    small = pixmill.transform(open('lake.jpg', 'rb').read(), recipe)

transform() releases the GIL, so threads work in parallel on any Python. The same input and recipe
give the same bytes everywhere: in any thread or process, on any machine, and by the pixmill command.

    probe(data)              what a file's header says (an Info); decodes nothing
    Recipe(text)             what to do: parsed once, used by any number of threads
    transform(data, recipe)  one image, in this thread
    transform_async(...)     one image, awaited: runs in a thread; cancelling it stops the work
    map(files, recipe)       many images on threads, lazily; yields Results
    Stop()                   ends transforms from another thread

An image that can't be done raises a subclass of Error, which has .kind, .stage, .limit and .value;
what a result lacks of its input is a warning of class ImageWarning. Sizes are in pixels, limits
in pixels and seconds. Recipes are those of 'pixmill run --recipe': see 'pixmill help recipe'.
"""

from ._pixmill import (
    MAX_PIXELS, ChangedError, CancelledError, CorruptError, Error, ImageWarning, Info, InternalError,
    LimitError, OutOfMemoryError, Recipe, Stop, SystemIOError, TimedOutError, TruncatedError,
    UnsupportedError, UsageError, WorkerError, WrongKeyError, __version__, probe, transform,
)
from ._async import transform_async
from ._map import Result, map

__all__ = [
    'MAX_PIXELS', 'ChangedError', 'CancelledError', 'CorruptError', 'Error', 'ImageWarning', 'Info',
    'InternalError', 'LimitError', 'OutOfMemoryError', 'Recipe', 'Result', 'Stop', 'SystemIOError',
    'TimedOutError', 'TruncatedError', 'UnsupportedError', 'UsageError', 'WorkerError', 'WrongKeyError',
    'map', 'probe', 'transform', 'transform_async',
]
