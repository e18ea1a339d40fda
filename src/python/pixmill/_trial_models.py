"""The Python models of `pixmill bench --python`: each does the same jobs as textbooks do it.

A model has `run(items, rounds)`, which goes through the items that often and returns how many jobs had the right result, and
`close()`. Its workers are there when open_model returns. As in the lab's own models, none waits for the end of a round. A job is a
file (number, name), which is read, transformed and written, or 64 bytes, which are copied.
"""

import concurrent.futures
import os
import threading
import time

from ._pixmill import Recipe, _transform_locked, transform


class Task:
    """What is done with each file. Pickled for worker processes and interpreters."""

    def __init__(self, recipe, pictures, delay, output, kept):
        self.recipe = Recipe(recipe, pictures)
        self.transform = _transform_locked if kept else transform
        self.delay, self.output = delay, output

    def read(self, name):
        with open(name, 'rb') as file:
            return file.read()

    def write(self, number, data):
        """Appears whole, as results of `run` do. Rounds may write the same file at once."""
        path = f'{self.output}/{number}'
        part = f'{path}.{os.getpid()}.{threading.get_native_id()}'
        with open(part, 'wb') as file:
            file.write(data)
        os.replace(part, path)

    def do(self, item):
        """A job of a worker that waits for its own files."""
        if self.delay:
            time.sleep(self.delay)
        number, name = item
        try:
            self.write(number, self.transform(self.read(name), self.recipe))
        except Exception as error:
            raise blame(error, name) from error
        return 1


class JobError(Exception):
    """A job that failed: its message, and the input. Both are arguments, so that it can be pickled."""


def blame(error, name):
    return JobError(str(error) or type(error).__name__, os.fsdecode(name))


def copy_tiny(data):
    """The work of the overhead workload."""
    return bytes(memoryview(data))


def _tiny_job(data):
    return copy_tiny(data) == data


_task = None  # of a worker process or interpreter


def _begin(task, cpu):
    global _task
    _task = task
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})


def _file_job(item):
    return _task.do(item)


def _batches(items, rounds, task):
    """What is handed over at once: all rounds of files, one round of tiny jobs, of which there are many."""
    return [items] * rounds if task is None else [items * rounds]


def _job_of(task):
    return _tiny_job if task is None else _file_job


def _begin_in_order(task, orders, cpus):
    order = os.read(orders, 1)[0]
    _begin(task, cpus[order % len(cpus)] if cpus else None)


def _open_pool(executor, options, task):
    """An executor whose workers are all there. Each takes its number out of a pipe, which also reaches into other interpreters."""
    numbers, give = os.pipe()
    for number in range(options.jobs):
        os.write(give, bytes([number % 256]))
    pool = executor(options.jobs, initializer=_begin_in_order, initargs=(task, numbers, options.cpus))
    _gather(pool, options.jobs)
    os.close(numbers)
    os.close(give)
    return pool


class _Pool:
    """Threads, or interpreters in threads, by an executor."""

    blocked = 0.0

    def __init__(self, executor, options, task):
        self.task, self.job = task, _job_of(task)
        self.pool = _open_pool(executor, options, task)

    def run(self, items, rounds):
        return sum(sum(self.pool.map(self.job, batch)) for batch in _batches(items, rounds, self.task))

    def close(self):
        self.pool.shutdown()


def _arrive(arrived, leave):
    os.write(arrived, b'+')
    os.read(leave, 1)


def _gather(pool, workers):
    """Makes all workers start: each waits in a job until all are in one."""
    (arrivals, arrived), (leave, leaving) = os.pipe(), os.pipe()
    jobs = [pool.submit(_arrive, arrived, leave) for _ in range(workers)]
    for job in jobs:
        job.add_done_callback(lambda job: job.exception() and os.write(arrived, b'!'))
    for _ in range(workers):
        if os.read(arrivals, 1) == b'!':
            break  # result() raises
    os.write(leaving, b'.' * workers)
    for job in jobs:
        job.result()
    for end in (arrivals, arrived, leave, leaving):
        os.close(end)


class _Processes:
    """multiprocessing.Pool: names are handed over, not bytes."""

    blocked = 0.0

    def __init__(self, method, options, task):
        import multiprocessing

        context = multiprocessing.get_context(method)
        barrier = context.Barrier(options.jobs + 1)
        numbers = context.SimpleQueue()
        for number in range(options.jobs):
            numbers.put(number)
        self.task, self.job = task, _job_of(task)
        self.pool = context.Pool(options.jobs, _begin_process, (task, options.cpus, numbers, barrier))
        barrier.wait()

    def run(self, items, rounds):
        return sum(sum(self.pool.imap_unordered(self.job, batch)) for batch in _batches(items, rounds, self.task))

    def close(self):
        """Not by terminate(): a process that is ended while it holds a queue's lock leaves the pool waiting for it."""
        self.pool.close()
        self.pool.join()


def _begin_process(task, cpus, numbers, barrier):
    order = numbers.get()
    _begin(task, cpus[order % len(cpus)] if cpus else None)
    barrier.wait()


class _Loop:
    """asyncio: one event loop has up to `in_flight` files in progress; it transforms them itself, or has threads that do."""

    def __init__(self, options, task, threads):
        import asyncio

        self.asyncio, self.task, self.blocked = asyncio, task, 0.0
        self.in_flight = options.in_flight
        self.pool = None
        if threads:
            self.pool = _open_pool(concurrent.futures.ThreadPoolExecutor, options, task)
        if options.cpus:
            os.sched_setaffinity(0, {options.cpus[0]})
        self.runner = asyncio.Runner()
        self.runner.get_loop()

    def run(self, items, rounds):
        return sum(self.runner.run(self.batch(batch)) for batch in _batches(items, rounds, self.task))

    async def batch(self, items):
        free = self.asyncio.Semaphore(self.in_flight)
        one = self.tiny if self.task is None else self.file
        return sum(await self.asyncio.gather(*(one(item, free) for item in items)))

    async def tiny(self, data, free):
        async with free:
            if self.pool is not None:
                return await self.asyncio.get_running_loop().run_in_executor(self.pool, _tiny_job, data)
            await self.asyncio.sleep(0)  # hands over to the loop
            return _tiny_job(data)

    def note(self, began):
        self.blocked = max(self.blocked, time.monotonic() - began)

    async def file(self, item, free):
        number, name = item
        task = self.task
        async with free:
            if task.delay:
                await self.asyncio.sleep(task.delay)
            try:
                began = time.monotonic()
                data = task.read(name)
                if self.pool is None:
                    result = task.transform(data, task.recipe)
                else:
                    self.note(began)
                    loop = self.asyncio.get_running_loop()
                    result = await loop.run_in_executor(self.pool, task.transform, data, task.recipe)
                    began = time.monotonic()
                task.write(number, result)
                self.note(began)
            except Exception as error:
                raise blame(error, name) from error
        return 1

    def close(self):
        self.runner.close()
        if self.pool is not None:
            self.pool.shutdown()


def open_model(options, task):
    """The model that the request names, with its workers started."""
    name = options.model.removesuffix('-kept')
    if name == 'python-threads':
        return _Pool(concurrent.futures.ThreadPoolExecutor, options, task)
    if name == 'python-interpreters':
        return _Pool(concurrent.futures.InterpreterPoolExecutor, options, task)
    if name in ('python-asyncio', 'python-asyncio+threads'):
        return _Loop(options, task, threads=name.endswith('+threads'))
    return _Processes(name.removeprefix('python-procs-'), options, task)
