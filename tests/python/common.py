"""What the tests of the Python module share. They run in the project's folder, with the built package in PYTHONPATH."""

import os
import pathlib
import subprocess
import sys
import zlib

import pixmill

os.environ['PYTHONPATH'] = str(pathlib.Path(pixmill.__file__).resolve().parent.parent)  # for processes that tests start
TOP = pathlib.Path(__file__).resolve().parent.parent.parent
LAKE = (TOP / 'samples/lake.jpg').read_bytes()        # 1200 x 800
WHEEL = (TOP / 'samples/wheel-alpha.png').read_bytes()  # 288 x 288, with alpha
SMALL = pixmill.transform(LAKE, 'resize=60x40/format=png')
THUMB = pixmill.Recipe('resize=100x100/format=jpeg')
KEY = bytes(range(32))
SLOW = pixmill.Recipe('resize=6000x/blur=40/blur=40/blur=40/format=png')  # a second of work, in many bands
VERY_SLOW = pixmill.Recipe('resize=8000x' + 25 * '/blur=99' + '/format=png')  # never finished: tests end it
LONG = os.environ.get('PIXMILL_TORTURE') == 'long'
FREE_THREADED = not getattr(sys, '_is_gil_enabled', lambda: True)()


def png_chunk(name, data):
    """A chunk of a PNG file."""
    body = name + data
    return len(data).to_bytes(4, 'big') + body + zlib.crc32(body).to_bytes(4, 'big')


def bmp(width, height, value):
    """A grey picture of one value, as a BMP file: its size depends on nothing but the picture's."""
    stride = (3 * width + 3) // 4 * 4
    head = b'BM' + (54 + stride * height).to_bytes(4, 'little') + bytes(4) + (54).to_bytes(4, 'little')
    head += (40).to_bytes(4, 'little') + width.to_bytes(4, 'little') + height.to_bytes(4, 'little')
    head += (1).to_bytes(2, 'little') + (24).to_bytes(2, 'little') + bytes(24)
    return head + bytes([value]) * (stride * height)


def run_python(code, *arguments, environment=None):
    """Runs Python code in a process of its own, with more environment; returns its output. Fails if its status is not 0."""
    done = subprocess.run([sys.executable, '-c', code, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, cwd=pathlib.Path(__file__).parent, env={**os.environ, **(environment or {})})
    assert done.returncode == 0, f'status {done.returncode}\n{done.stdout}{done.stderr}'
    return done.stdout
