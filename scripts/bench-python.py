#!/usr/bin/env python3
"""The Python module beside Pillow and libvips, in turns, in one process: photographs to 800 pixels, JPEG to JPEG.

    PYTHONPATH=build/python scripts/bench-python.py [--rounds=N] [--threads=1,2] [--save=DIR] PHOTOGRAPH...

Each program gets the bytes of a file and gives bytes, quality 80, 4:2:0. Pillow: thumbnail(), which uses draft. libvips: thumbnail_buffer and
jpegsave_buffer through ctypes, which releases the GIL as pyvips does, with one thread of its own a call; from $LIBVIPS, or the
system's libvips.so.42. A program that is not installed is left out. Prints the median of images per second of wall time and
of CPU time, and the ratio of both to pixmill's. --save keeps each program's results for build/quality.
"""

import concurrent.futures
import ctypes
import ctypes.util
import io
import os
import pathlib
import statistics
import sys
import time

import pixmill

SIDE, QUALITY = 800, 80


def with_pixmill():
    recipe = pixmill.Recipe(f'resize={SIDE}x{SIDE},shrink/format=jpeg/quality={QUALITY}')
    return pixmill.__version__, lambda data: pixmill.transform(data, recipe)


def with_pillow():
    import PIL.Image

    def make(data):
        with PIL.Image.open(io.BytesIO(data)) as image:
            image.thumbnail((SIDE, SIDE))
            out = io.BytesIO()
            image.save(out, 'JPEG', quality=QUALITY)
            return out.getvalue()

    return PIL.__version__, make


def with_libvips():
    os.environ.setdefault('VIPS_WARNING', '0')  # of broken EXIF, for each photograph
    vips = ctypes.CDLL(os.environ.get('LIBVIPS', 'libvips.so.42'))
    vips.vips_version_string.restype = ctypes.c_char_p
    vips.g_object_unref.argtypes = vips.g_free.argtypes = [ctypes.c_void_p]
    if vips.vips_init(b'bench-python') != 0:
        raise ImportError('vips_init failed')
    vips.vips_concurrency_set(1)
    vips.vips_cache_set_max(0)
    end = ctypes.c_void_p(None)

    def make(data):
        image, out, size = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_size_t()
        if vips.vips_thumbnail_buffer(data, ctypes.c_size_t(len(data)), ctypes.byref(image), ctypes.c_int(SIDE),
                                      b'height', ctypes.c_int(SIDE), b'size', ctypes.c_int(2), end) != 0:
            raise ValueError('vips_thumbnail_buffer failed')
        status = vips.vips_jpegsave_buffer(image, ctypes.byref(out), ctypes.byref(size), b'Q', ctypes.c_int(QUALITY), end)
        vips.g_object_unref(image)
        if status != 0:
            raise ValueError('vips_jpegsave_buffer failed')
        made = ctypes.string_at(out, size.value)
        vips.g_free(out)
        return made

    return vips.vips_version_string().decode(), make


def measure(make, photographs, threads):
    """Images per second of wall time, and of CPU time."""
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: make(photographs[0]), range(threads)))
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in pool.map(make, photographs):
            pass
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return len(photographs) / wall, len(photographs) / cpu


def main():
    options = dict(word.lstrip('-').split('=', 1) for word in sys.argv[1:] if word.startswith('--'))
    paths = [pathlib.Path(word) for word in sys.argv[1:] if not word.startswith('--')]
    if not paths or set(options) - {'rounds', 'threads', 'save'}:
        sys.exit(__doc__)
    photographs = [path.read_bytes() for path in paths]
    programs = {}
    for name, begin in [('pixmill', with_pixmill), ('Pillow', with_pillow), ('libvips', with_libvips)]:
        try:
            version, make = begin()
            programs[f'{name} {version}'] = make
        except (ImportError, OSError) as missing:
            print(f'{name} is left out: {missing}', file=sys.stderr)
    if 'save' in options:
        for name, make in programs.items():
            folder = pathlib.Path(options['save'], name.split()[0])
            folder.mkdir(parents=True, exist_ok=True)
            for path, data in zip(paths, photographs):
                (folder / path.name).write_bytes(make(data))
    own = next(iter(programs))
    counts = [int(count) for count in options.get('threads', '1,2').split(',')]
    figures = {(name, threads): [] for threads in counts for name in programs}
    for _ in range(int(options.get('rounds', 5))):
        for threads in counts:
            for name, make in programs.items():
                figures[name, threads].append(measure(make, photographs, threads))
    print(f'{len(photographs)} photographs, images/s by wall and by CPU time (median of rounds), pixmill\'s over theirs')
    for (name, threads), rounds in figures.items():
        wall, cpu = (statistics.median(column) for column in zip(*rounds))
        ratios = [ratio(figures[own, threads], rounds, which) for which in (0, 1)]
        print(f'{threads} thread{"s"[:threads > 1]}  {name:18} {wall:7.1f} wall {cpu:7.1f} CPU   {ratios[0]:5.2f} {ratios[1]:5.2f}')
    for name in programs:
        for threads in counts[1:]:
            print(f'from {counts[0]} to {threads}  {name:18} {ratio(figures[name, threads], figures[name, counts[0]], 0):7.2f} times the images/s')


def ratio(over, under, which):
    """The median over rounds of one figure divided by another."""
    return statistics.median(a[which] / b[which] for a, b in zip(over, under))


main()
