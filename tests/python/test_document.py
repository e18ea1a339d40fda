"""The code of the module's page, run as it stands."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import pixmill
from common import TOP


class Page(unittest.TestCase):
    def test_code_runs(self):
        page = (TOP / 'src/python/README.md').read_text()
        blocks = re.findall(r'^```python\n(.*?)^```$', page, re.MULTILINE | re.DOTALL)
        self.assertEqual(len(blocks), 1)
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(os.path.join(folder, 'photos'))
            for name in ['lake.jpg', 'wheel-alpha.png']:
                shutil.copy(TOP / 'samples' / name, os.path.join(folder, 'photos'))
            with open(os.path.join(folder, 'photos/none.txt'), 'w') as file:
                file.write('no image')
            done = subprocess.run([sys.executable, '-c', blocks[0]], cwd=folder, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ''))
            self.assertRegex(done.stdout, r'^jpeg 1200 x 800 -> \d+ bytes\n')
            self.assertIn('photos/none.txt failed: unsupported not a supported image', done.stdout)
            self.assertTrue(done.stdout.endswith('limit decode 960000 > 1000\n'))
            made = {}
            for name in os.listdir(folder):
                if name.startswith('small'):
                    with open(os.path.join(folder, name), 'rb') as file:
                        made[name] = pixmill.probe(file.read())[:3]
            self.assertEqual(made, {'small-lake.jpg': ('jpeg', 800, 533), 'small-wheel-alpha.jpg': ('jpeg', 800, 800),
                                    'small.webp': ('webp', 200, 133)})


if __name__ == '__main__':
    unittest.main()
