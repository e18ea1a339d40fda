from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple, final

from _typeshed import ReadableBuffer as Buffer  # type checkers have it, for every version of Python

__version__: str
MAX_PIXELS: int

class Error(Exception):
    kind: str | None
    stage: str | None
    limit: int | None
    value: int | None

class UsageError(Error, ValueError): ...
class UnsupportedError(Error): ...
class CorruptError(Error): ...
class TruncatedError(Error): ...
class LimitError(Error): ...
class OutOfMemoryError(Error, MemoryError): ...
class SystemIOError(Error, OSError): ...
class WrongKeyError(Error): ...
class ChangedError(Error): ...
class TimedOutError(Error, TimeoutError): ...
class CancelledError(Error): ...
class WorkerError(Error): ...
class InternalError(Error): ...
class ImageWarning(UserWarning): ...

@final
class Recipe:
    def __new__(cls, text: str, pictures: Mapping[str, Buffer] | None = None) -> Recipe: ...
    @property
    def text(self) -> str: ...
    @property
    def pictures(self) -> dict[str, bytes]: ...
    def __hash__(self) -> int: ...
    def __eq__(self, other: object) -> bool: ...

@final
class Stop:
    def __new__(cls) -> Stop: ...
    def set(self) -> None: ...
    def is_set(self) -> bool: ...

@final
class Info(NamedTuple):
    format: str
    width: int
    height: int
    orientation: int
    color: Literal["gray", "rgb", "ycc", "cmyk"]
    alpha: bool
    depth: int
    palette: bool
    interlaced: bool
    encrypted: bool
    frames: int
    loops: int
    extra_pictures: int
    gain_map: bool
    icc_size: int
    exif_size: int
    xmp_size: int
    iptc_size: int
    pages: int
    cicp: tuple[int, int, int, bool] | None
    holds_jpeg: bool

class Result(NamedTuple):
    index: int  # type: ignore[assignment]  # of tuple it is a method
    data: bytes | None
    error: Error | None

def probe(data: Buffer, /) -> Info: ...
def transform(
    data: Buffer,
    recipe: Recipe | str,
    *,
    secret: Buffer | None = None,
    name: str = "",
    max_pixels: int | None = ...,
    timeout: float | None = None,
    stop: Stop | None = None,
) -> bytes: ...
async def transform_async(
    data: Buffer,
    recipe: Recipe | str,
    *,
    secret: Buffer | None = None,
    name: str = "",
    max_pixels: int | None = ...,
    timeout: float | None = None,
) -> bytes: ...
def map(
    iterable: Iterable[Buffer],
    recipe: Recipe | str,
    backend: Literal["threads", "procs", "serial"] = "threads",
    workers: int = 0,
    ordered: bool = False,
    *,
    secret: Buffer | None = None,
    max_pixels: int | None = ...,
    timeout: float | None = None,
) -> Iterator[Result]: ...
