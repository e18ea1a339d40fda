"""Measures web.py: images per second of each way, and how late pings are meanwhile.

    python3 measure_web.py PHOTOS [IMAGES [CLIENTS]]

Starts uvicorn with one process on a free port; CLIENTS connections (4) ask for IMAGES pictures (84) in turn, and one
connection pings every 5 ms. Needs fastapi and uvicorn.
"""

import http.client
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import threading
import time


def get(connection, path):
    connection.request('GET', path)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f'{path}: {answer.status} {body!r}')
    return body


def start(photos, port):
    server = subprocess.Popen([sys.executable, '-m', 'uvicorn', '--app-dir', str(pathlib.Path(__file__).parent), '--port', str(port),
                               '--log-level', 'warning', 'web:app'], env={**os.environ, 'PHOTOS': str(photos.resolve())})
    while server.poll() is None:
        try:
            socket.create_connection(('127.0.0.1', port)).close()
            return server
        except ConnectionRefusedError:
            time.sleep(0.05)
    sys.exit('uvicorn has ended')


def measure(port, way, names, images, clients):
    """Images per second, and the seconds that each ping took."""
    end, lock, left, pings = threading.Event(), threading.Lock(), list(range(images)), []

    def ping():
        connection = http.client.HTTPConnection('127.0.0.1', port)
        while not end.wait(0.005):
            began = time.perf_counter()
            get(connection, '/ping')
            pings.append(time.perf_counter() - began)

    def ask():
        connection = http.client.HTTPConnection('127.0.0.1', port)
        while True:
            with lock:
                if not left:
                    return
                number = left.pop()
            get(connection, f'/{way}/800/{names[number % len(names)]}')

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    pinging = threading.Thread(target=ping)
    began = time.perf_counter()
    for thread in [pinging, *threads]:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    end.set()
    pinging.join()
    return images / took, pings


def main():
    photos = pathlib.Path(sys.argv[1])
    images, clients = [int(word) for word in sys.argv[2:4]] + [84, 4][len(sys.argv) - 2:]
    names = sorted(path.name for path in photos.iterdir())
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    server = start(photos, port)
    try:
        figures = {}
        for way in ('loop', 'threads', 'async'):
            speed, pings = measure(port, way, names, images, clients)
            late = statistics.quantiles(pings, n=100)[98] if len(pings) > 1 else max(pings, default=0)
            figures[way] = speed, late * 1000
    finally:
        server.terminate()
        server.wait()
    fastest, latest = (max(column) for column in zip(*figures.values()))
    for way, (speed, late) in figures.items():
        print(f'{way:8} {speed:6.1f} images/s {bar(speed / fastest)} ping p99 {late:6.1f} ms {bar(late / latest)}'.rstrip())


def bar(share, width=20):
    """A bar of blocks, in eighths of a column."""
    eighths = round(share * width * 8)
    return ('█' * (eighths // 8) + ' ▏▎▍▌▋▊▉'[eighths % 8]).ljust(width + 1)


main()
