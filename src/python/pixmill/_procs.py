"""map(backend='procs'): a helper process, started by exec, has the fork server and the workers.

Forking a process with threads is not safe, and Python has threads of its own in many programs; the helper has one. Images
and results pass through two pipes: struct request and struct answer of procs.c before each.
"""

import atexit
import os
import pickle
import queue
import struct
import subprocess
import sys
import threading

from ._pixmill import Error, WorkerError, _raise, _secrets, _serve_procs

_REQUEST = struct.Struct('=QQQ')
_ANSWER = struct.Struct('=QQQQIIII')
_END = 2 ** 64 - 1


_live = set()  # (helper, reader) of iterators that are not closed


@atexit.register
def _end_all():
    """A thread that still reads when the interpreter is taken down would end the program with an error."""
    for helper, reader in list(_live):
        helper.kill()
        reader.join()


def _read(size):
    """That many bytes of standard input, and no more: what follows is read in C."""
    data = b''
    while len(data) < size and (part := os.read(0, size - len(data))):
        data += part
    return data


def serve():
    """The helper's whole life: the pipes are standard input and output."""
    size, *_ = _REQUEST.unpack(_read(_REQUEST.size))
    recipe, workers, max_pixels, timeout = pickle.loads(_read(size))
    _serve_procs(recipe, 0, 1, workers, max_pixels, timeout)


def _read_answers(pipe, answers):
    """Puts (index, error's arguments or None, bytes, warnings) for each answer, and None at the end."""
    try:
        while len(head := pipe.read(_ANSWER.size)) == _ANSWER.size:
            size, index, limit, value, kind, stage, warned, _ = _ANSWER.unpack(head)
            lines, body = pipe.read(warned).decode(errors='replace').splitlines(), pipe.read(size)
            if len(body) < size:
                break
            failed = (kind, stage, limit, value, body.decode(errors='replace')) if kind else None
            answers.put((index, failed, body, lines))
    finally:
        answers.put(None)


def _result(make, index, failed, body):
    if failed is None:
        return make(index, body, None)
    try:
        _raise(*failed)
    except Error as error:
        return make(index, None, error)


def _send(pipe, index, data, secret):
    """An image, with its own keys if there is a master key."""
    keys = b'' if secret is None else _secrets(data, secret)
    with memoryview(data) as view:
        pipe.write(_REQUEST.pack(view.nbytes, index, len(keys)) + keys)
        pipe.write(view)


def results(iterable, make, warn, recipe, workers, max_pixels, timeout, ordered, secret):
    """Yields make(index, data, error) for each image, after warn(index, notes), as they end, or in the order of the images.

    At most 2 x workers images are sent and not yet returned, so that results wait in the pipe or here, never images without end.
    """
    helper = subprocess.Popen([sys.executable, '-P', '-c', 'from pixmill._procs import serve; serve()'], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, start_new_session=True,
                              env={**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))})
    answers = queue.SimpleQueue()
    reader = threading.Thread(target=_read_answers, args=(helper.stdout, answers), name='pixmill-procs', daemon=True)
    reader.start()
    _live.add((helper, reader))
    inputs, flying, more = enumerate(iterable), 0, True
    early, turn = {}, 0  # answers that came before their turn, by number
    try:
        task = pickle.dumps((recipe, workers, max_pixels or 0, timeout or 0.0))
        helper.stdin.write(_REQUEST.pack(len(task), 0, 0) + task)
        while True:
            while more and flying < 2 * workers:
                try:
                    index, data = next(inputs)
                except StopIteration:
                    more = False
                    helper.stdin.write(_REQUEST.pack(_END, 0, 0))
                else:
                    _send(helper.stdin, index, data, secret)
                    flying += 1
                helper.stdin.flush()
            if flying == 0:
                return
            answer = early.pop(turn, None) if ordered else None
            while answer is None:
                answer = answers.get()
                if answer is None:
                    raise WorkerError('the helper process of backend procs has ended')
                if ordered and answer[0] != turn:
                    early[answer[0]], answer = answer, None
            turn += 1
            flying -= 1
            index, failed, body, notes = answer
            warn(index, notes)
            yield _result(make, index, failed, body)
    except BrokenPipeError:
        raise WorkerError('the helper process of backend procs has ended') from None
    finally:
        helper.kill()
        reader.join()
        _live.discard((helper, reader))
        helper.wait()
        try:
            helper.stdin.close()
        except BrokenPipeError:
            pass
        helper.stdout.close()
