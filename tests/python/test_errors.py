"""Every kind of error: its class, its attributes, and how it is made."""

import fnmatch
import os
import pathlib
import pickle
import shutil
import tempfile
import unittest

import pixmill
from common import KEY, LAKE, SLOW, SMALL, THUMB, TOP, png_chunk, run_python

BROKEN = SMALL[:8] + png_chunk(b'IHDR', bytes(13)) + SMALL[33:]
STOPPED = pixmill.Stop()
STOPPED.set()
SEALED = pixmill.transform(SMALL, 'encrypt', secret=KEY, name='a.png')

KINDS = {
    'usage': (pixmill.UsageError, ValueError), 'unsupported': (pixmill.UnsupportedError, Exception),
    'corrupt': (pixmill.CorruptError, Exception), 'truncated': (pixmill.TruncatedError, Exception),
    'limit': (pixmill.LimitError, Exception), 'memory': (pixmill.OutOfMemoryError, MemoryError),
    'io': (pixmill.SystemIOError, OSError), 'key': (pixmill.WrongKeyError, Exception),
    'changed': (pixmill.ChangedError, Exception), 'timeout': (pixmill.TimedOutError, TimeoutError),
    'cancelled': (pixmill.CancelledError, Exception), 'worker': (pixmill.WorkerError, Exception),
    'internal': (pixmill.InternalError, Exception),
}


def flip_bit(data, at):
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


class Kinds(unittest.TestCase):
    def test_have_a_class_each(self):
        for kind, (error, builtin) in KINDS.items():
            self.assertTrue(issubclass(error, pixmill.Error) and issubclass(error, builtin))
            self.assertEqual((error.kind, error.stage, error.limit, error.value), (kind, None, None, None))
            self.assertEqual(getattr(pixmill, error.__name__), error)
            self.assertTrue(error.__doc__)
        self.assertEqual(pixmill.Error.kind, None)

    def test_are_raised_with_their_stage(self):
        for kind, stage, call in [
                ('usage', None, lambda: pixmill.Recipe('resize')),
                ('usage', None, lambda: pixmill.transform(SMALL, 'nonsense=1')),
                ('unsupported', 'decode', lambda: pixmill.transform(b'no image', THUMB)),
                ('corrupt', 'decode', lambda: pixmill.transform(BROKEN, THUMB)),
                ('truncated', 'decode', lambda: pixmill.transform(LAKE[:5000], THUMB)),
                ('limit', 'decode', lambda: pixmill.transform(LAKE, THUMB, max_pixels=959999)),
                ('key', 'filter', lambda: pixmill.transform(SMALL, 'encrypt')),
                ('changed', 'filter', lambda: pixmill.transform(SEALED, 'decrypt', secret=KEY, name='x')),
                ('timeout', 'decode', lambda: pixmill.transform(LAKE, SLOW, timeout=1e-9)),
                ('cancelled', 'decode', lambda: pixmill.transform(LAKE, THUMB, stop=STOPPED))]:
            with self.assertRaises(KINDS[kind][0], msg=kind) as caught:
                call()
            error = caught.exception
            self.assertEqual((kind, error.kind, error.stage), (kind, kind, stage))
            self.assertEqual((error.limit, error.value), (959999, 960000) if kind == 'limit' else (None, None))
            self.assertNotIn('\n', str(error))
            self.assertGreater(len(str(error)), 10)

    def test_survive_pickling(self):
        with self.assertRaises(pixmill.LimitError) as caught:
            pixmill.transform(LAKE, THUMB, max_pixels=100)
        error, same = caught.exception, pickle.loads(pickle.dumps(caught.exception))
        self.assertIs(type(same), pixmill.LimitError)
        self.assertEqual((str(same), same.kind, same.stage, same.limit, same.value),
                         (str(error), 'limit', 'decode', 100, 960000))

    def test_leave_the_next_call_well(self):
        want = pixmill.transform(LAKE, THUMB)
        for data in [BROKEN, LAKE[:5000], b'', flip_bit(SMALL, 40)]:
            try:
                pixmill.transform(data, THUMB)
            except pixmill.Error:
                pass
            self.assertEqual(pixmill.transform(LAKE, THUMB), want)

    def test_out_of_memory(self):
        self.assertEqual(run_python('''
import resource, sys, pixmill
data = open(sys.argv[1], 'rb').read()
used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20), resource.RLIM_INFINITY))
try:
    pixmill.transform(data, 'resize=10000x/blur=3/rotate=90/format=png')
except MemoryError as error:
    print(error.kind)
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(pixmill.probe(pixmill.transform(data, 'resize=20x')).width)
''', TOP / 'samples/lake.jpg'), 'memory\n20\n')

    def test_a_part_that_is_missing(self):
        with tempfile.TemporaryDirectory() as folder:
            package = pathlib.Path(pixmill.__file__).parent
            shutil.copytree(package, f'{folder}/pixmill', ignore=lambda _, names: fnmatch.filter(names, 'pixmill-*.so'))
            self.assertEqual(run_python(f'''
import sys
sys.path.insert(0, {folder!r})
import pixmill
try:
    pixmill.transform(open(sys.argv[1], 'rb').read(), 'resize=20x/format=avif')
except pixmill.UnsupportedError as error:
    print(error.kind, error.stage, 'pixmill-avif.so, which is missing' in str(error))
''', TOP / 'samples/lake.jpg'), 'unsupported encode True\n')

    def test_a_library_that_works_wrongly(self):
        preload = pathlib.Path(pixmill.__file__).parent.parent.parent / 'jpeg.so'
        environment = {'LD_PRELOAD': f"{os.environ.get('LD_PRELOAD', '')} {preload} libjpeg.so.62", 'PIXMILL_JPEG': 'blank'}
        self.assertEqual(run_python('''
import sys, pixmill
try:
    pixmill.transform(open(sys.argv[1], 'rb').read(), 'resize=20x')
except pixmill.InternalError as error:
    print(error.kind, error.stage, 'JPEG is unavailable' in str(error))
''', TOP / 'samples/lake.jpg', environment=environment), 'internal decode True\n')


if __name__ == '__main__':
    unittest.main()
