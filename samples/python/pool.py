"""multiprocessing.Pool.map: thumbnails of a folder, over names and over bytes, by every start method.

    python3 pool.py PHOTOS OUT [PROCESSES]

Over names each process reads and writes its own files. Over bytes they pass through the parent, pickled twice. The time
includes starting the processes: fork copies the parent, spawn and forkserver (the default from Python 3.14 on) import anew.
A fork is safe here because no other thread runs yet.
"""

import functools
import multiprocessing
import os
import pathlib
import sys
import time

import pixmill

RECIPE = pixmill.Recipe('resize=800x800,shrink/format=jpeg/quality=80')


def thumbnail(data, recipe=RECIPE):
    return pixmill.transform(data, recipe)


def thumbnail_file(path, out, recipe=RECIPE):
    result = out / (path.stem + '.jpg')
    result.write_bytes(thumbnail(path.read_bytes(), recipe))
    return result


def over_names(pool, paths, out):
    pool.map(functools.partial(thumbnail_file, out=out), paths, chunksize=1)


def over_bytes(pool, paths, out):
    for path, data in zip(paths, pool.imap(thumbnail, (path.read_bytes() for path in paths))):
        (out / (path.stem + '.jpg')).write_bytes(data)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit('usage: pool.py PHOTOS OUT [PROCESSES]')
    photos, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    processes = int(sys.argv[3]) if len(sys.argv) > 3 else len(os.sched_getaffinity(0))
    paths = sorted(photos.iterdir())
    out.mkdir(exist_ok=True)
    print(f'{len(paths)} images, {processes} processes, seconds')
    for method in multiprocessing.get_all_start_methods():
        for way in (over_names, over_bytes):
            began = time.perf_counter()
            with multiprocessing.get_context(method).Pool(processes) as pool:
                way(pool, paths, out)
            print(f'{method:10} {way.__name__:10} {time.perf_counter() - began:6.2f}', flush=True)


if __name__ == '__main__':
    main()
