"""For the Makefile: installs the built package, as pip would.

    python3 install.py PACKAGE FOLDER VERSION

FOLDER gets a copy of PACKAGE and the metadata by which pip and importlib.metadata know it.
"""

import base64
import compileall
import csv
import hashlib
import pathlib
import shutil
import sys

package, folder, version = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
own, info = folder / 'pixmill', folder / f'pixmill-{version}.dist-info'
for old in [own, *folder.glob('pixmill-*.dist-info')]:
    if old.exists():
        shutil.rmtree(old)
own.mkdir(parents=True)
info.mkdir()
for file in sorted(package.iterdir()):
    if file.is_file():
        shutil.copyfile(file, own / file.name)
compileall.compile_dir(own, quiet=1)
(info / 'METADATA').write_text(f'Metadata-Version: 2.1\nName: pixmill\nVersion: {version}\n'
                               'Summary: Images through filters, many at a time\nRequires-Python: >=3.11\nLicense: MIT\n')
(info / 'INSTALLER').write_text('make install-python\n')


def row(file):
    """A line of RECORD: path, checksum, size."""
    data = file.read_bytes()
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()
    return file.relative_to(folder), 'sha256=' + digest, len(data)


files = [row(file) for part in (own, info) for file in sorted(part.rglob('*')) if file.is_file()]
with open(info / 'RECORD', 'w', newline='') as record:
    csv.writer(record).writerows([*files, (f'{info.name}/RECORD', '', '')])
print(f'pixmill {version} for Python is in {own}')
