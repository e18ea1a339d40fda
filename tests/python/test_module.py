"""The module itself: interpreters, memory, references, help, stubs, installation."""

import ast
import gc
import os
import pathlib
import pydoc
import subprocess
import sys
import tempfile
import unittest

import pixmill
from common import LONG, SMALL, THUMB, TOP, run_python


def resident():
    """Bytes of this process in memory."""
    with open('/proc/self/statm') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


def call_in_every_way():
    """A call that succeeds and several that fail, at different places."""
    pixmill.transform(SMALL, THUMB)
    pixmill.transform(bytearray(SMALL), str(THUMB), timeout=5.0, max_pixels=10 ** 6, stop=pixmill.Stop())
    pixmill.probe(SMALL)
    for data, recipe, options in [(SMALL[:100], THUMB, {}), (SMALL, 'nonsense', {}), (SMALL, THUMB, {'max_pixels': 1}),
                                  (7, THUMB, {}), (SMALL, THUMB, {'secret': b'x'}), (SMALL, THUMB, {'timeout': -1})]:
        try:
            pixmill.transform(data, recipe, **options)
        except (pixmill.Error, TypeError, ValueError):
            pass


class Memory(unittest.TestCase):
    @unittest.skipIf('PIXMILL_ADDRESS' in os.environ, 'AddressSanitizer keeps freed memory')
    def test_does_not_grow(self):
        for _ in range(200):
            call_in_every_way()
        gc.collect()
        before = resident()
        for _ in range(11112 if LONG else 500):  # of nine calls: 100 000
            call_in_every_way()
        gc.collect()
        self.assertLess(resident() - before, 1 << 20)

    def test_references_are_given_back(self):
        objects = [SMALL, THUMB, pixmill.Recipe, pixmill.Stop, pixmill.Info, pixmill.LimitError]
        call_in_every_way()
        gc.collect()
        before = [sys.getrefcount(one) for one in objects]
        for _ in range(100):
            call_in_every_way()
            pixmill.Recipe('watermark=a', {'a': SMALL}).pictures
            hash(THUMB), repr(THUMB), THUMB == pixmill.Recipe('flip')
        gc.collect()
        for one, old, new in zip(objects, before, map(sys.getrefcount, objects)):
            self.assertLess(abs(new - old), 10, repr(one)[:60])


class Interpreters(unittest.TestCase):
    def test_subinterpreters_have_modules_of_their_own(self):
        """One after the other, and in threads at once; from 3.12 on each has a GIL of its own."""
        self.assertEqual(run_python("""
import sys, threading
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
import pixmill
from common import LAKE, THUMB
code = 'import sys; sys.path[:] = ' + repr(sys.path) + '''
import pixmill
from common import LAKE, THUMB
result = pixmill.transform(LAKE, THUMB)
assert pixmill.probe(result).width == 100
assert [one.data for one in pixmill.map([LAKE], THUMB, "serial")] == [result]
try:
    pixmill.transform(b"x", THUMB)
    raise AssertionError
except pixmill.UnsupportedError:
    pass
'''
def work():
    one = interpreters.create()
    raised = interpreters.run_string(one, code)
    if raised is not None:
        print(raised)
    interpreters.destroy(one)
for i in range(3):
    work()
threads = [threading.Thread(target=work) for i in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(pixmill.probe(pixmill.transform(LAKE, THUMB)).width)
"""), '100\n')

    def test_an_unfinished_map_does_not_hold_up_the_end(self):
        self.assertEqual(run_python('''
import pixmill
from common import SMALL, THUMB
results = [pixmill.map([SMALL] * 1000, THUMB, backend) for backend in ('threads', 'procs')]
print([next(one).error for one in results])
'''), '[None, None]\n')


class Description(unittest.TestCase):
    def test_help_tells_everything(self):
        text = pydoc.plain(pydoc.render_doc(pixmill))
        for name in pixmill.__all__:
            self.assertIn(name, text)
            self.assertTrue(getattr(pixmill, name).__doc__, name)
        for words in ['secret=None', 'seconds', 'UsageError', 'pixels', '2 x workers']:
            self.assertIn(words, text)

    def test_stubs_name_what_there_is(self):
        folder = pathlib.Path(pixmill.__file__).parent
        self.assertTrue((folder / 'py.typed').exists())
        tree = ast.parse((folder / '__init__.pyi').read_text())
        stubs = {node.name: node for node in tree.body if hasattr(node, 'name')}
        self.assertEqual(set(stubs) | {'MAX_PIXELS'}, set(pixmill.__all__))
        for name in ('transform', 'transform_async', 'map'):
            arguments = stubs[name].args
            text = getattr(getattr(pixmill, name), '__text_signature__', None)
            if text is None:
                code = getattr(pixmill, name).__code__
                names = code.co_varnames[:code.co_argcount + code.co_kwonlyargcount]
            else:
                names = [part.split('=')[0] for part in text.replace('\n', ' ').replace(' ', '').strip('()').split(',')
                         if part[0] not in '$*/']
            self.assertEqual([argument.arg for argument in arguments.args + arguments.kwonlyargs], list(names), name)
        fields = [node.target.id for node in stubs['Info'].body]
        self.assertEqual(fields, list(pixmill.Info.__match_args__))


class Installation(unittest.TestCase):
    def test_works_from_where_it_is_installed(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, TOP / 'src/python/install.py', os.path.dirname(pixmill.__file__), folder,
                            pixmill.__version__], check=True, stdout=subprocess.DEVNULL)
            told = subprocess.run([sys.executable, '-c', '''
import importlib.metadata, sys, pixmill
data = open(sys.argv[1], 'rb').read()
assert pixmill.__file__.startswith(sys.argv[2])
print(importlib.metadata.version('pixmill'), pixmill.transform(data, 'resize=9x').hex()[:4])
''', TOP / 'samples/lake.jpg', folder], cwd='/', env={**os.environ, 'PYTHONPATH': folder}, stdout=subprocess.PIPE,
                                  text=True, check=True).stdout
            self.assertEqual(told, f'{pixmill.__version__} ffd8\n')

    def test_exports_nothing_but_its_beginning(self):
        module = pixmill._pixmill.__file__
        try:
            symbols = subprocess.run(['nm', '-D', '--defined-only', module], stdout=subprocess.PIPE, text=True, check=True).stdout
            dynamic = subprocess.run(['readelf', '-d', module], stdout=subprocess.PIPE, text=True, check=True).stdout
        except FileNotFoundError as error:
            self.skipTest(f'{error.filename} is not installed')
        self.assertEqual([line.split()[2] for line in symbols.splitlines()], ['PyInit__pixmill'])
        self.assertNotIn('RUNPATH', dynamic)
        self.assertNotIn('RPATH', dynamic)


if __name__ == '__main__':
    unittest.main()
