"""For the Makefile: how the module is built for the interpreter that runs this.

    python3 interpreter.py           is it possible? Says why not, with status 1
    python3 interpreter.py cflags    the compiler's options
    python3 interpreter.py suffix    the module's suffix
    python3 interpreter.py folder    where its packages are installed
"""

import os
import sys
import sysconfig

include = sysconfig.get_path('include')
# A free-threaded build has no limited API before 3.15.
limited = not sysconfig.get_config_var('Py_GIL_DISABLED')

if sys.version_info < (3, 11):
    sys.exit(f'{sys.executable} is {sys.version.split()[0]}: pixmill needs Python 3.11 or newer (name one by PYTHON=)')
if not os.path.exists(os.path.join(include, 'Python.h')):
    sys.exit(f'{sys.executable}: {include}/Python.h is missing (install its headers: python3-dev)')

says = {
    'cflags': f'-I{include}' + (' -DPy_LIMITED_API=0x030b0000' if limited else ''),
    'suffix': '.abi3.so' if limited else sysconfig.get_config_var('EXT_SUFFIX'),
    'folder': sysconfig.get_path('platlib'),
}
if len(sys.argv) > 1:
    print(says[sys.argv[1]])
