"""Threads, asyncio and map: the same bytes, laziness, stopping."""

import asyncio
import concurrent.futures
import gc
import itertools
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import types
import unittest
import warnings
from unittest import mock

import pixmill
from pixmill import _trial_models
from common import VERY_SLOW, FREE_THREADED, KEY, LAKE, SLOW, SMALL, THUMB, run_python

WANT = pixmill.transform(LAKE, THUMB)


def descendants(pid):
    """The processes below one, with their parents."""
    parents = {}
    for name in filter(str.isdecimal, os.listdir('/proc')):
        try:
            with open(f'/proc/{name}/stat') as file:
                parents[int(name)] = int(file.read().rsplit(')', 1)[1].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has ended
    below = {pid}
    while more := {child for child, parent in parents.items() if parent in below} - below:
        below |= more
    return {child: parents[child] for child in below - {pid}}


def cpu_ticks(pid):
    try:
        with open(f'/proc/{pid}/stat') as file:
            return sum(map(int, file.read().rsplit(')', 1)[1].split()[11:13]))
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it has ended


def feed_and_kill(started):
    """Yields an image, waits until a worker has worked on it for half a second, kills it, and yields another. Workers are children of
    the fork server, a child of the process that was started; it works for a while itself, before it has any."""
    yield LAKE
    busy, deadline = None, time.monotonic() + 60
    while busy is None:
        if time.monotonic() > deadline:
            raise TimeoutError('no process works on the image')
        tree = descendants(started[0].pid)
        busy = next((pid for pid, parent in tree.items() if parent in tree and cpu_ticks(pid) >= 50), None)
        time.sleep(0.01)
    os.kill(busy, signal.SIGKILL)
    yield b'no image'


class Threads(unittest.TestCase):
    def test_share_recipe_and_image(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            results = set(pool.map(lambda _: pixmill.transform(LAKE, THUMB), range(40)))
        self.assertEqual(results, {WANT})

    def test_go_on_while_another_transforms(self):
        """The main thread could not set the flag if the GIL were held."""
        stop, began, ended = pixmill.Stop(), threading.Event(), queue.SimpleQueue()

        def work():
            began.set()
            try:
                pixmill.transform(LAKE, SLOW, stop=stop)
            except pixmill.Error as error:
                ended.put(error.kind)

        thread = threading.Thread(target=work)
        thread.start()
        began.wait()
        self.assertFalse(stop.is_set())
        stop.set()
        self.assertTrue(stop.is_set())
        self.assertEqual(ended.get(), 'cancelled')
        thread.join()

    @unittest.skipIf(FREE_THREADED, 'there is no lock')
    def test_wait_while_another_keeps_the_lock(self):
        """For the lab: what C code does that never releases it. The main thread runs nothing meanwhile. On a busy machine the thread may
        have to wait between its first stamp and its work; not each time."""
        recipe, shares = pixmill.Recipe('resize=1500x/blur=9/format=png'), []

        def work(times):
            times.append(time.perf_counter())
            made = pixmill._pixmill._transform_locked(LAKE, recipe)
            times.extend((time.perf_counter(), made))

        while len(shares) < 10 and max(shares, default=0) <= 0.7:
            times, stamps = [], [time.perf_counter()]
            thread = threading.Thread(target=work, args=(times,))
            thread.start()
            while thread.is_alive():
                stamps.append(time.perf_counter())
            began, ended, made = times
            gap = max(after - before for before, after in zip(stamps, stamps[1:] + [time.perf_counter()]))
            shares.append(gap / (ended - began))
            self.assertEqual(made, pixmill.transform(LAKE, recipe))
        self.assertGreater(max(shares), 0.7)

    def test_are_shown_by_faulthandler_while_they_transform(self):
        """The signal comes while a thread is in the library, without the GIL: the dump names its line, and the program dies of it."""
        done = subprocess.run([sys.executable, '-X', 'faulthandler', '-c', '''
import os, signal, threading, pixmill
from common import LAKE, SLOW
began = threading.Event()
def in_the_library():
    began.set()
    pixmill.transform(LAKE, SLOW)
threading.Thread(target=in_the_library, daemon=True).start()
began.wait()
os.kill(os.getpid(), signal.SIGSEGV)
'''], stderr=subprocess.PIPE, text=True, cwd=os.path.dirname(__file__))
        self.assertEqual(done.returncode, -signal.SIGSEGV, done.stderr)
        self.assertIn('Fatal Python error: Segmentation fault', done.stderr)
        self.assertIn(' in in_the_library\n', done.stderr)

    def test_a_child_of_fork_works(self):
        self.assertEqual(run_python('''
import os, asyncio, pixmill
from common import LAKE, THUMB
want = asyncio.run(pixmill.transform_async(LAKE, THUMB))
child = os.fork()
if child == 0:
    os._exit(0 if pixmill.transform(LAKE, THUMB) == want == asyncio.run(pixmill.transform_async(LAKE, THUMB)) else 1)
print(os.waitpid(child, 0)[1])
'''), '0\n')


class Async(unittest.TestCase):
    def test_gives_the_same_and_raises_the_same(self):
        async def main():
            results = await asyncio.gather(*(pixmill.transform_async(LAKE, THUMB) for _ in range(10)))
            with self.assertRaises(pixmill.LimitError):
                await pixmill.transform_async(LAKE, THUMB, max_pixels=1)
            return results

        self.assertEqual(set(asyncio.run(main())), {WANT})

    def test_cancellation_stops_the_work(self):
        ended, began = queue.SimpleQueue(), threading.Event()

        def recorded(*arguments, **options):
            began.set()
            try:
                return pixmill.transform(*arguments, **options)
            except pixmill.Error as error:
                ended.put(error.kind)
                raise

        async def main():
            task = asyncio.create_task(pixmill.transform_async(LAKE, SLOW))
            while not began.is_set():
                await asyncio.sleep(0.01)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            return await asyncio.to_thread(ended.get)

        with mock.patch('pixmill._async.transform', recorded):
            self.assertEqual(asyncio.run(main()), 'cancelled')


class Map(unittest.TestCase):
    def test_gives_each_result_with_its_number(self):
        images = [LAKE, b'no image', SMALL, LAKE[:5000], LAKE] * 3
        for options in [{'ordered': True}, {'ordered': False}, {'backend': 'serial'}, {'workers': 5}, {'workers': 1},
                        {'backend': 'procs'}, {'backend': 'procs', 'workers': 3},
                        {'backend': 'procs', 'workers': 3, 'ordered': True}]:
            results = list(pixmill.map(images, THUMB, **options))
            if options.get('ordered') or options.get('backend') == 'serial':
                self.assertEqual([result.index for result in results], list(range(15)))
            results.sort()
            self.assertEqual([result.index for result in results], list(range(15)))
            for index, data, error in results:
                if index % 5 in (0, 4):
                    self.assertEqual((data, error), (WANT, None))
                elif index % 5 != 2:
                    self.assertIsNone(data)
                    self.assertEqual(error.kind, 'unsupported' if index % 5 == 1 else 'truncated')

    def test_is_lazy(self):
        for backend, ordered in [('threads', False), ('threads', True), ('procs', False), ('procs', True)]:
            taken = []
            images = (taken.append(i) or SMALL for i in range(100))
            results = pixmill.map(images, THUMB, backend, workers=3, ordered=ordered)
            self.assertEqual(taken, [])
            for returned in range(20):
                next(results)
                self.assertLessEqual(len(taken), returned + 6)
            results.close()
            self.assertLess(len(taken), 30)

    def test_of_nothing_is_nothing(self):
        self.assertEqual(list(pixmill.map([], THUMB)), [])

    def test_raises_what_the_iterable_raises_and_leaves_no_thread(self):
        def images():
            yield SMALL
            raise KeyError('mine')

        before = threading.active_count()
        with self.assertRaisesRegex(KeyError, 'mine'):
            list(pixmill.map(images(), THUMB))
        with self.assertRaises(TypeError):
            list(pixmill.map([7], THUMB))
        results = pixmill.map([LAKE] * 10, SLOW)
        del results
        results = pixmill.map([SMALL] * 10, THUMB)
        next(results)
        del results
        gc.collect()
        self.assertEqual(threading.active_count(), before)

    def test_refuses_wrong_arguments_at_once(self):
        for arguments, error in [({'backend': 'gil'}, pixmill.UsageError),
                                 ({'workers': -1}, ValueError), ({'recipe': 'nonsense'}, pixmill.UsageError)]:
            with self.assertRaises(error):
                pixmill.map([SMALL], **{'recipe': THUMB, **arguments})

    def test_warns_by_number_where_its_results_are_taken(self):
        cut = LAKE[:30000]
        for backend in ('threads', 'procs', 'serial'):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter('default')
                results = list(pixmill.map([cut, SMALL, cut, cut + b'x'], 'allow-truncated/flip/format=png', backend, 2, True))
            self.assertEqual([result.error for result in results], [None] * 4)
            said = [str(warning.message) for warning in caught]
            self.assertEqual([text.split(': ')[0] for text in said if 'ends too early' in text],
                             ['image 0', 'image 2', 'image 3'], backend)
            self.assertEqual({(warning.filename, warning.category) for warning in caught}, {(__file__, pixmill.ImageWarning)})
            with warnings.catch_warnings():
                warnings.simplefilter('error')
                with self.assertRaisesRegex(pixmill.ImageWarning, 'image 1: ends too early'):
                    list(pixmill.map([SMALL, cut], 'allow-truncated/flip', backend, 2, True))

    def test_in_order_waits_for_a_slow_image_with_few_others_in_flight(self):
        """The first takes longer than all others, which are held back until it has ended."""
        for backend in ('threads', 'procs'):
            taken = []
            images = (taken.append(i) or (SMALL if i else LAKE) for i in range(50))
            results = pixmill.map(images, 'resize=300%/blur=20/format=png', backend, workers=2, ordered=True)
            self.assertEqual(next(results).index, 0)
            self.assertEqual(len(taken), 4)
            self.assertEqual([result.index for result in results], list(range(1, 50)))

    def test_takes_a_secret(self):
        for backend in ('threads', 'procs', 'serial'):
            sealed = [result.data for result in pixmill.map([SMALL] * 5, 'encrypt', backend, 2, secret=KEY)]
            self.assertEqual(len(set(sealed)), 5)  # each has keys of its own
            opened = list(pixmill.map([*sealed, SMALL], 'decrypt/format=png', backend, 2, True, secret=bytearray(KEY)))
            self.assertEqual([result.error for result in opened[:5]], [None] * 5, backend)
            plain = pixmill.transform(SMALL, 'format=png')
            self.assertEqual([result.data for result in opened[:5]], [plain] * 5)
            self.assertEqual(opened[5].error.kind, 'unsupported')
            (wrong,) = pixmill.map(sealed[:1], 'decrypt', backend, secret=bytes(32))
            self.assertEqual(wrong.error.kind, 'key')
            with self.assertRaisesRegex(ValueError, '32 bytes'):
                list(pixmill.map([SMALL], 'encrypt', backend, secret=b'short'))

    def test_by_procs_works_while_there_are_threads(self):
        end = threading.Event()
        thread = threading.Thread(target=end.wait)
        thread.start()
        try:
            (result,) = pixmill.map([bytearray(LAKE)], THUMB, 'procs', 1, timeout=1000)
            (limited,) = pixmill.map([LAKE], THUMB, 'procs', 1, max_pixels=5)
        finally:
            end.set()
            thread.join()
        self.assertEqual(result, (0, WANT, None))
        self.assertEqual((type(limited.error), limited.error.limit, limited.error.value, limited.error.stage),
                         (pixmill.LimitError, 5, 960000, 'decode'))

    def test_by_procs_says_when_its_helper_has_ended(self):
        started = []

        def start(*arguments, **options):
            started.append(subprocess_popen(*arguments, **options))
            return started[0]

        subprocess_popen = subprocess.Popen
        with mock.patch('subprocess.Popen', start):
            results = pixmill.map(itertools.repeat(SMALL), THUMB, 'procs', 2)
            next(results)
            started[0].kill()
            with self.assertRaises(pixmill.WorkerError):
                for _ in results:
                    pass
        self.assertEqual(started[0].returncode, -signal.SIGKILL)

    def test_by_procs_loses_one_image_when_a_worker_is_killed(self):
        """The worker of the first image is killed in the middle of it."""
        started = []

        def start(*arguments, **options):
            started.append(subprocess_popen(*arguments, **options))
            return started[0]

        subprocess_popen = subprocess.Popen
        with mock.patch('subprocess.Popen', start):
            results = pixmill.map(feed_and_kill(started), VERY_SLOW, 'procs', 1, ordered=True)
            first, second = next(results), next(results)
        self.assertEqual((first.index, first.data, first.error.kind), (0, None, 'worker'))
        self.assertIsInstance(first.error, pixmill.WorkerError)
        self.assertEqual((second.index, second.error.kind), (1, 'unsupported'))  # by a new worker

    def test_ctrl_c_ends_it_and_its_work(self):
        for backend in ('threads', 'procs'):
            with self.subTest(backend):
                self.interrupt(backend)

    def interrupt(self, backend):
        """SIGINT comes when both workers have an image. It may be ignored by the tests, as under nohup."""
        code = '''
import signal, sys, pixmill
from common import VERY_SLOW, LAKE
signal.signal(signal.SIGINT, signal.default_int_handler)
def images():
    for i in range(100):
        if i == 2:
            print("full", flush=True)
        yield LAKE
try:
    for result in pixmill.map(images(), VERY_SLOW, sys.argv[1], 2):
        print("a result")
except KeyboardInterrupt:
    print("interrupted")
'''
        process = subprocess.Popen([sys.executable, '-c', code, backend], stdout=subprocess.PIPE, text=True,
                                   cwd=os.path.dirname(__file__))
        with process:
            self.assertEqual(process.stdout.readline(), 'full\n')
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.stdout.read(), 'interrupted\n')
        self.assertEqual(process.returncode, 0)


class TrialModels(unittest.TestCase):
    """For the lab: models of Python do what its own do."""

    def test_go_from_round_to_round_without_waiting(self):
        both = threading.Barrier(2, timeout=60)  # of the last job of a round and the first of the next

        class Task:
            def do(self, item):
                both.wait()
                return 1

        options = types.SimpleNamespace(model='python-threads', jobs=2, cpus=[])
        model = _trial_models.open_model(options, Task())
        self.assertEqual(model.run([(0, b'name')], 4), 4)
        model.close()


if __name__ == '__main__':
    unittest.main()
