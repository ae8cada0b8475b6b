#!/usr/bin/env python3
"""How soon /health answers while clients misbehave: `serve_abuse.py CHARRNN [--seconds 20] [--clients 500]`.

Kinds, so many clients of each at once: heads that drip a byte a second, bodies that never end, the same with almost a
megabyte sent at once, streams that nobody reads, half-closed requests, idle event streams, and connections that are
opened and closed as fast as it goes.
Prints one line of JSON: the percentiles of /health in milliseconds, and how the server came through.
"""

import argparse
import json
import os
import pathlib
import resource
import socket
import sys
import threading
import time

parser = argparse.ArgumentParser()
parser.add_argument("charrnn")
parser.add_argument("--seconds", type=float, default=20)
parser.add_argument("--clients", type=int, default=500)
arguments = parser.parse_args()
os.environ["CHARRNN"] = str(pathlib.Path(arguments.charrnn).resolve())
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
import serve_support  # noqa: E402 - it asks for CHARRNN
from serve_support import Server, request_bytes  # noqa: E402

STREAM = request_bytes("POST", "/charrnn/v1/generate", {"max_characters": 1 << 20, "top": 20})
TEXT = request_bytes("POST", "/v1/completions", {"prompt": "a", "max_tokens": 2000})
ENDLESS = b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
KINDS = {  # what is sent at first, and every second after that
    "dripping": (b"GET /", b"x"),
    "endless": (ENDLESS, b" "),
    "large": (ENDLESS + b" " * 900000, b" "),  # together more than the server takes in at once
    "unread": (STREAM, b""),
    "half_closed": (TEXT, None),
    "listening": (request_bytes("GET", "/charrnn/v1/events"), b""),
}


def abuse(server, kind, count, stop):
    first, later = KINDS[kind]
    clients = []
    while not stop.is_set():
        for client in list(clients):
            try:
                if later:
                    client.send(later)
            except OSError:
                clients.remove(client)
        while len(clients) < count and not stop.is_set():
            try:
                client = socket.create_connection(("127.0.0.1", server.port), 5)
                client.sendall(first)
                if later is None:
                    client.shutdown(socket.SHUT_WR)
                client.setblocking(False)
                clients.append(client)
            except OSError:
                break
        if later is None and clients:  # their turn is over
            for client in clients[:count // 4]:
                client.close()
            del clients[:count // 4]
        stop.wait(1)
    for client in clients:
        client.close()


def connect_and_leave(server, stop, counts):
    while not stop.is_set():
        try:
            socket.create_connection(("127.0.0.1", server.port), 5).close()
            counts["connects"] += 1
        except OSError:
            counts["refused"] += 1


def main():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with serve_support.folder() as scratch:
        model = pathlib.Path(scratch) / "model.safetensors"
        serve_support.write_model(model, hidden=128)
        with Server(model) as server:
            before, stop, counts = server.memory(), threading.Event(), {"connects": 0, "refused": 0}
            threads = [threading.Thread(target=abuse, args=(server, kind, arguments.clients, stop)) for kind in KINDS]
            threads.append(threading.Thread(target=connect_and_leave, args=(server, stop, counts)))
            for thread in threads:
                thread.start()
            time.sleep(3)
            times, end = [], time.monotonic() + arguments.seconds
            while time.monotonic() < end:
                begin = time.monotonic()
                if not server.healthy():
                    raise SystemExit("/health did not answer")
                times.append((time.monotonic() - begin) * 1000)
                time.sleep(0.01)
            connections, grown = server.figure("http_connections"), server.memory() - before
            stop.set()
            for thread in threads:
                thread.join()
            times.sort()
            print(json.dumps({"requests": len(times), "median_ms": round(times[len(times) // 2], 2), "p99_ms": round(times[int(len(times) * 0.99)], 2),
                              "max_ms": round(times[-1], 2), "connections": int(connections), "grown_mib": round(grown / 2**20, 1), **counts}))


main()
