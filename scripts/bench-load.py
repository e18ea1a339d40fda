#!/usr/bin/env python3
"""How much slower do hostile clients make the server for honest ones?

  scripts/bench-load.py [--requests=N] [--rate=N] [--rounds=N] [--goal=RATIO] [PIXMILL]

`pixmill serve` (build/pixmill), with its default options and a cache, is asked by honest clients N times (20000) at a fixed rate
(250 a second), in rounds that take turns: honest clients alone, and the same requests among which 1 % come from hostile clients and
5 % from slow readers, while 100 connections stay half-open. A request's time counts from the moment at which it was due, so that
one that waits for a connection is not forgotten. Prints both distributions, and what became of the hostile ones; exits with 1 if an
honest request failed, or if the 99th percentile with hostile clients is more than RATIO (1.5) times that without: the median of the
rounds' ratios, because what else the machine does comes in bursts.

The attackers are a process of their own. Everything stays on the loopback device; attackers come from other addresses than honest
clients.

  honest   of 100 requests: 62 results from the cache, 15 pictures that the client has (304), 10 files as they are, 5 parts of
           files, 4 /healthz, 4 new results
  hostile  malformed heads, heads of 64 KiB, foreign hosts, paths that lead out, pictures that are truncated or claim 4 gigapixels,
           recipes that ask for too much, bodies, floods of requests sent ahead, and connections that are reset at once
  slow     files of megabytes, results from the cache and results in memory, read at 16 KiB a second
"""

import argparse
import asyncio
import collections
import os
import pathlib
import random
import re
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib

TOP = pathlib.Path(__file__).resolve().parent.parent
HONEST, HOSTILE, SLOW, HALF_OPEN, CONNECTIONS = 0.94, 0.01, 0.05, 100, 64
SIZES = ["160x120", "320x240", "640x480", "800x600"]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--requests", type=int, default=20000, help="of all clients together (20000)")
    parser.add_argument("--rate", type=float, default=250, help="requests a second (250)")
    parser.add_argument("--rounds", type=int, default=8, help="of each kind (8)")
    parser.add_argument("--goal", type=float, default=1.5, help="times the 99th percentile without them (1.5)")
    parser.add_argument("--attack", nargs=4, metavar=("PORT", "COUNT", "RATE", "SEED"), help=argparse.SUPPRESS)
    parser.add_argument("pixmill", nargs="?", default=str(TOP / "build/pixmill"))
    return parser.parse_args()


# The served folder.


def huge_png():
    """A header that claims 65535 x 65535 pixels, followed by almost no data."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 65535, 65535, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1 << 20))) + chunk(b"IEND", b"")
    )


def make_root(root, pixmill):
    """Small pictures for honest clients, a large one for slow ones, broken ones for hostile ones."""
    samples = sorted(path for path in (TOP / "samples").iterdir() if path.suffix in (".jpg", ".png"))
    for path in samples:
        shutil.copy(path, root / path.name)
    large = root.parent / "large"
    run = [pixmill, "run", str(TOP / "samples/dunes.png"), "-o", str(large), "--resize=2400x2400!", "--format=png", "--quiet"]
    subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
    shutil.move(next(large.iterdir()), root / "large.png")
    (root / "truncated.jpg").write_bytes((TOP / "samples/lake.jpg").read_bytes()[:30000])
    (root / "huge.png").write_bytes(huge_png())
    (root / "text.jpg").write_text("<html>")
    return [path.name for path in samples]


class Server:
    def __init__(self, pixmill, folder):
        self.errors = open(folder / "errors", "w+b")
        command = [pixmill, "serve", f"--root={folder / 'root'}", "--listen=127.0.0.1:0", f"--cache={folder / 'cache'}"]
        self.process = subprocess.Popen(command, stderr=self.errors)
        for _ in range(600):
            said = re.search(rb"http://127.0.0.1:(\d+)/", (folder / "errors").read_bytes())
            if said:
                self.port = int(said.group(1))
                return
            time.sleep(0.1)
        raise SystemExit("bench-load.py: the server does not start: " + (folder / "errors").read_text())

    def stop(self):
        self.process.terminate()
        status = self.process.wait(60)
        if status != 0:
            raise SystemExit(f"bench-load.py: the server ended with {status}")


# Honest clients.


class Reply:
    def __init__(self, status, fields, size):
        self.status, self.fields, self.size = status, fields, size


async def exchange(reader, writer, request):
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:-2])}
    size = int(fields.get(b"content-length", 0)) if status != 304 else 0
    if size > 0:
        await reader.readexactly(size)
    return Reply(status, fields, size)


def get(path, *fields):
    return ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + "".join(field + "\r\n" for field in fields) + "\r\n").encode()


class Honest:
    def __init__(self, port, pictures):
        self.port, self.pictures, self.random = port, pictures, random.Random(0)
        self.idle, self.tags, self.new = asyncio.Queue(), {}, 0
        self.times, self.failures = [], collections.Counter()

    async def open(self, count):
        for _ in range(count):
            self.idle.put_nowait(await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22))

    async def warm(self):
        for picture in self.pictures:
            for size in SIZES:
                path = f"/resize={size}/{picture}"
                reader, writer = self.idle.get_nowait()
                reply = await exchange(reader, writer, get(path))
                self.idle.put_nowait((reader, writer))
                self.tags[path] = reply.fields[b"etag"].decode()

    def choose(self):
        kind = self.random.random()
        picture = self.random.choice(self.pictures)
        path = f"/resize={self.random.choice(SIZES)}/{picture}"
        if kind < 0.62:
            return "kept", get(path), 200
        if kind < 0.77:
            return "kept", get(path, "If-None-Match: " + self.tags[path]), 304
        if kind < 0.87:
            return "kept", get("/" + picture), 200
        if kind < 0.92:
            return "kept", get("/" + picture, "Range: bytes=1000-5999"), 206
        if kind < 0.96:
            return "kept", get("/healthz"), 200
        self.new += 1
        return "new", get(f"/resize={100 + self.new % 400}x{60 + self.new // 400}!/{picture}"), 200

    async def ask(self, kind, request, expected, due):
        reader, writer = await self.idle.get()
        try:
            reply = await asyncio.wait_for(exchange(reader, writer, request), 60)
            if reply.status != expected:
                self.failures[f"{reply.status}, not {expected}"] += 1
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError) as error:
            self.failures[type(error).__name__] += 1
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
        self.times.append((kind, asyncio.get_running_loop().time() - due))
        self.idle.put_nowait((reader, writer))

    async def run(self, count, rate, number):
        """A round; rounds with the same number request the same mix."""
        self.times, self.random = [], random.Random(number)
        await paced(count, rate, lambda due: self.ask(*self.choose(), due))
        return self.times


async def paced(count, rate, make):
    """Starts `count` tasks at a rate, passes each the time when it was due, and waits for all."""
    loop = asyncio.get_running_loop()
    start, tasks = loop.time(), set()
    for i in range(count):
        due = start + i / rate
        if due > loop.time():
            await asyncio.sleep(due - loop.time())
        tasks.add(loop.create_task(make(due)))
    await asyncio.gather(*tasks)


# Attackers, in a process of their own.


class Attack:
    def __init__(self, port, seed):
        self.port, self.random, self.number = port, random.Random(seed), 0
        self.ends = collections.Counter()

    async def connect(self, room=0):
        connection = socket.socket()
        connection.setblocking(False)
        if room:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.number += 1
        connection.bind((f"127.0.{1 + self.number % 50}.{1 + self.number % 200}", 0))
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.port))
        return connection

    def hostile_request(self):
        self.number += 1
        n = self.number
        return self.random.choice(
            [
                b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 65536 + b"\r\n\r\n",
                b"GET /lake.jpg HTTP/1.1\r\nHost: evil.example\r\n\r\n",
                get("/../../etc/passwd"),
                get("/%2e%2e/%2e%2e/etc/passwd"),
                get(f"/resize={300 + n % 90}x{200 + n % 70}!/truncated.jpg"),
                get(f"/blur={1 + n % 80 / 10}/huge.png"),
                get("/flip/text.jpg"),
                get("/resize=17000x17000!/blur=100/lake.jpg"),
                get("/resize=0x0/lake.jpg"),
                get("/" + "flip/" * 3000 + "lake.jpg"),
                b"POST /lake.jpg HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 100000,
                get("/healthz") * 300,
                get("/resize=320x240/lake.jpg") * 100,
                b"RESET",
            ]
        )

    async def hostile(self, due):
        loop = asyncio.get_running_loop()
        connection = await self.connect()
        request = self.hostile_request()
        try:
            if request == b"RESET":
                await loop.sock_sendall(connection, get("/resize=640x480/dunes.png"))
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.ends["hostile, reset"] += 1
                return
            await asyncio.wait_for(loop.sock_sendall(connection, request), 5)
            answer = await asyncio.wait_for(loop.sock_recv(connection, 65536), 20)
            self.ends[f"hostile, {answer[9:12].decode() or 'closed'}"] += 1
        except (OSError, asyncio.TimeoutError) as error:
            self.ends[f"hostile, {type(error).__name__}"] += 1
        finally:
            connection.close()

    async def slow(self, due):
        loop = asyncio.get_running_loop()
        connection = await self.connect(4096)
        self.number += 1
        path = self.random.choice(
            ["/large.png", "/resize=1200x1200!/large.png", f"/resize={700 + self.number % 300}x{700 + self.number // 300}!/dunes.png"]
        )
        try:
            await loop.sock_sendall(connection, get(path))
            for _ in range(40):
                await asyncio.sleep(0.25)
                if not await asyncio.wait_for(loop.sock_recv(connection, 4096), 30):
                    break
            self.ends["slow, read on to its end"] += 1
        except (OSError, asyncio.TimeoutError) as error:
            self.ends[f"slow, {type(error).__name__}"] += 1
        finally:
            connection.close()

    async def half_open(self, until):
        loop = asyncio.get_running_loop()
        while loop.time() < until:
            connection = await self.connect()
            try:
                await loop.sock_sendall(connection, b"GET /lake.jpg HTTP/1.1\r\nHost: local")
                await asyncio.wait_for(loop.sock_recv(connection, 4096), max(0.1, until - loop.time()))
            except (OSError, asyncio.TimeoutError):
                pass
            finally:
                connection.close()

    async def run(self, count, rate):
        """As many as belong to `count` requests of all kinds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + count / rate
        halves = [loop.create_task(self.half_open(until)) for _ in range(HALF_OPEN)]
        await asyncio.sleep(0.2)
        print("ready", flush=True)
        slow, hostile = round(count * SLOW), round(count * HOSTILE)
        await asyncio.gather(
            paced(slow, slow / (count / rate), self.slow), paced(hostile, hostile / (count / rate), self.hostile), *halves
        )
        for end, times in sorted(self.ends.items()):
            print(f"{times} {end}", flush=True)


# The two kinds of rounds.


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def row(name, times):
    points = [percentile(times, share) * 1e3 for share in (0.5, 0.9, 0.99)] + [max(times) * 1e3]
    print(f"| {name} | {len(times)} | " + " | ".join(f"{point:.2f}" for point in points) + " |")


def rows(name, asked):
    """All of them, those that need no transform, and those that do."""
    row(name, [time for _, time in asked])
    for kind, words in (("kept", "without a transform"), ("new", "new results")):
        row(f"{name}, {words}", [time for its, time in asked if its == kind])


async def measure(options, port, pictures):
    honest = Honest(port, pictures)
    await honest.open(CONNECTIONS)
    await honest.warm()
    per_round = options.requests // options.rounds
    asked, rate = round(per_round * HONEST), options.rate * HONEST
    alone, among, ratios, ends = [], [], [], collections.Counter()
    await honest.run(asked // 4, rate, -1)  # not counted: fills caches, wakes the processor
    for number in range(options.rounds):
        before = await honest.run(asked, rate, number)
        attackers = await asyncio.create_subprocess_exec(
            sys.executable, __file__, "--attack", str(port), str(per_round), str(options.rate), str(number), stdout=subprocess.PIPE
        )
        await attackers.stdout.readline()
        after = await honest.run(asked, rate, number)
        ratios.append(percentile([time for _, time in after], 0.99) / percentile([time for _, time in before], 0.99))
        alone, among = alone + before, among + after
        for line in (await attackers.stdout.read()).decode().splitlines():
            times, _, end = line.partition(" ")
            ends[end] += int(times)
        if await attackers.wait() != 0:
            raise SystemExit("bench-load.py: the attackers failed")
    return alone, among, ratios, ends, honest.failures


def main():
    options = parse_arguments()
    if options.attack:
        port, count, rate, seed = options.attack
        asyncio.run(Attack(int(port), int(seed)).run(int(count), float(rate)))
        return 0
    with tempfile.TemporaryDirectory(prefix="pixmill-load-") as name:
        folder = pathlib.Path(name)
        (folder / "root").mkdir()
        pictures = make_root(folder / "root", options.pixmill)
        server = Server(options.pixmill, folder)
        try:
            alone, among, ratios, ends, failures = asyncio.run(measure(options, server.port, pictures))
        finally:
            server.stop()
    print("| honest requests | number | p50, ms | p90, ms | p99, ms | slowest, ms |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    rows("alone", alone)
    rows("among hostile ones", among)
    ratio = statistics.median(ratios)
    print(f"\np99: {ratio:.2f} times (the goal is at most {options.goal}); rounds: " + ", ".join(f"{one:.2f}" for one in ratios))
    print("attackers: " + ", ".join(f"{times} {end}" for end, times in sorted(ends.items())))
    print("honest requests that failed: " + (", ".join(f"{n} {why}" for why, n in failures.items()) or "none"))
    return 0 if ratio <= options.goal and not failures else 1


if __name__ == "__main__":
    sys.exit(main())
