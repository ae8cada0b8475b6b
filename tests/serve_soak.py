"""Clients of every kind at once, hostile ones too: what a server must bear for as long as it runs."""

import contextlib
import os
import random
import socket
import struct
import threading
import time

from serve_support import VOCABULARY, read_all, request_bytes

COMPLETIONS = "/v1/completions"


class Soak:
    """Clients of every kind, each in a thread, until told to stop."""

    def __init__(self, server, seed=1):
        self.server, self.stop, self.counts, self.problems = server, threading.Event(), {}, []
        kinds = [self.text, self.text, self.stream, self.vanish, self.reset, self.page, self.listen, self.garbage, self.slow, self.look]
        self.threads = [threading.Thread(target=self.repeat, args=(kind, seed + i)) for i, kind in enumerate(kinds)]

    def repeat(self, kind, seed):
        numbers = random.Random(seed)
        while not self.stop.is_set():
            try:
                kind(numbers)
                self.counts[kind.__name__] = self.counts.get(kind.__name__, 0) + 1
            except Exception as error:  # noqa: BLE001 - whatever it is, the soak reports it
                self.problems.append(f"{kind.__name__}: {error!r}")
                return

    def run(self, seconds):
        for thread in self.threads:
            thread.start()
        time.sleep(seconds)
        self.stop.set()
        for thread in self.threads:
            thread.join()
        return self

    def ask(self, method, path, body=None):
        status, _, reply = self.server.request(method, path, body)
        if status not in (200, 503):
            raise ValueError(f"{path}: {status} {reply[:200]}")
        return reply

    def text(self, numbers):
        self.ask("POST", COMPLETIONS, {"prompt": "the ", "max_tokens": numbers.randint(1, 500), "n": numbers.randint(1, 4), "logprobs": numbers.choice([None, 3])})

    def stream(self, numbers):
        data = self.ask("POST", COMPLETIONS, {"max_tokens": numbers.randint(1, 2000), "stream": True})
        if not data.endswith(b"data: [DONE]\n\n") and b"queue_full" not in data:
            raise ValueError(f"a stream ended with {data[-100:]}")

    def vanish(self, numbers):
        with self.server.connect() as connection:
            connection.sendall(request_bytes("POST", "/charrnn/v1/generate", {"max_characters": 100000, "top": 5}))
            connection.recv(numbers.randint(1, 4096))

    def reset(self, numbers):
        with self.server.connect() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(request_bytes("POST", COMPLETIONS, {"max_tokens": 100000})[:numbers.randint(1, 300)])
            time.sleep(0.01)

    def page(self, numbers):
        self.ask("GET", numbers.choice(["/", "/health", "/metrics", "/v1/models", "/charrnn/v1/runs", "/props"]))

    def listen(self, numbers):
        with self.server.connect() as connection:
            connection.sendall(request_bytes("GET", "/charrnn/v1/events"))
            connection.recv(4096)
            time.sleep(numbers.random() / 5)

    def garbage(self, numbers):
        with self.server.connect() as connection:
            with contextlib.suppress(OSError):
                connection.sendall(numbers.randbytes(numbers.randint(1, 5000)) + b"\r\n\r\n")
                connection.shutdown(socket.SHUT_WR)
                read_all(connection)

    def slow(self, numbers):
        with self.server.connect() as connection:
            for byte in b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n":
                connection.sendall(bytes([byte]))
                time.sleep(numbers.random() / 100)
            if b"200 OK" not in read_all(connection):
                raise ValueError("a slow request was not answered")

    def look(self, numbers):
        text = "".join(numbers.choice(VOCABULARY) for _ in range(numbers.randint(2, 400)))
        path = numbers.choice(["surprise", "activations", "units/rank", "memory", "memory/average", "tour", "ngram"])
        self.ask("POST", f"/charrnn/v1/{path}", {"text": text})


def state_of(server):
    """descriptors, threads, resident bytes."""
    pid = server.process.pid
    return len(os.listdir(f"/proc/{pid}/fd")), len(os.listdir(f"/proc/{pid}/task")), server.memory()
