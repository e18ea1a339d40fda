"""The programs of samples/python, run as their users run them."""

import functools
import http.server
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
from unittest import mock

import pixmill
from common import LAKE, TOP

SAMPLES = TOP / 'samples/python'
RECIPE = 'resize=800x800,shrink/format=jpeg/quality=80'


class Samples(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.photos = os.path.join(self.folder, 'photos')
        os.mkdir(self.photos)
        for name in ['lake.jpg', 'spheres-444.jpg']:
            shutil.copy(TOP / 'samples' / name, self.photos)

    def run_sample(self, name, *arguments):
        done = subprocess.run([sys.executable, SAMPLES / name, *arguments], cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        return done.stdout

    def result(self, name):
        with open(os.path.join(self.folder, 'out', name), 'rb') as file:
            return file.read()

    def test_pool(self):
        told = self.run_sample('pool.py', 'photos', 'out', '2')
        for method in ('fork', 'spawn', 'forkserver'):
            self.assertRegex(told, rf'(?m)^{method} +over_names +\d+\.\d\d\n{method} +over_bytes')
        self.assertEqual(self.result('lake.jpg'), pixmill.transform(LAKE, RECIPE))
        self.assertEqual(len(os.listdir(os.path.join(self.folder, 'out'))), 2)

    def test_fetch(self):
        class Silent(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *arguments):
                pass

        with http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Silent, directory=self.photos)) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                urls = [f'http://127.0.0.1:{server.server_port}/{name}' for name in ('lake.jpg', 'spheres-444.jpg')]
                told = self.run_sample('fetch.py', 'out', *urls)
                absent = urls[0] + '.absent'
                failed = subprocess.run([sys.executable, SAMPLES / 'fetch.py', 'out', absent], cwd=self.folder,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            finally:
                server.shutdown()
                thread.join()
        self.assertTrue(re.search(r'^threads +\d', told, re.MULTILINE) and re.search(r'^asyncio +\d', told, re.MULTILINE), told)
        self.assertEqual(self.result('0.jpg'), pixmill.transform(LAKE, RECIPE))

        self.assertEqual((failed.returncode, failed.stderr), (1, f'fetch.py: {absent}: HTTP Error 404: File not found\n'))

    def test_say_how_they_are_called(self):
        for name in ('pool.py', 'fetch.py'):
            done = subprocess.run([sys.executable, SAMPLES / name], stderr=subprocess.PIPE, text=True)
            self.assertEqual((done.returncode, done.stderr.splitlines()[0][:7]), (1, 'usage: '))

    def test_web(self):
        for package in ('fastapi', 'uvicorn'):
            if importlib.util.find_spec(package) is None:
                self.skipTest(f'{package} is not installed')
        with mock.patch.dict(os.environ, PYTHONPATH=os.path.relpath(os.environ['PYTHONPATH'], self.folder)):
            told = self.run_sample('measure_web.py', 'photos', '6', '2')
        for way in ('loop', 'threads', 'async'):
            self.assertRegex(told, rf'(?m)^{way} +\d+\.\d images/s +[█▏▎▍▌▋▊▉]+ +ping p99 +\d+\.\d ms +[█▏▎▍▌▋▊▉]*$')
        self.assertEqual(told.count('█' * 20), 2)  # the longest bar of each


if __name__ == '__main__':
    unittest.main()
