#!/usr/bin/env python3
"""Holds keep-alive connections open:  idle-connections.py HOST PORT N

Each has asked /healthz once and been answered. Says "ready N" when all stand, holds them until its standard input ends, then
says how many of them are still open and answer once more: "alive N".
"""

import resource
import socket
import sys

host, port, wanted = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


def ask(connection):
    connection.sendall(REQUEST)
    got = b""
    while not got.endswith(b"ok\n"):
        more = connection.recv(4096)
        if not more:
            return False
        got += more
    return True


soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
need = wanted + 64
if soft < need:
    resource.setrlimit(resource.RLIMIT_NOFILE, (need, max(hard, need)))
connections = []
for _ in range(wanted):
    connection = socket.create_connection((host, port), timeout=60)
    if not ask(connection):
        sys.exit("idle-connections.py: the server closed a connection")
    connections.append(connection)
print("ready", len(connections), flush=True)
sys.stdin.read()
alive = 0
for connection in connections:
    try:
        alive += ask(connection)
    except OSError:
        pass
print("alive", alive, flush=True)
