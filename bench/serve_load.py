#!/usr/bin/python3
"""`charrnn serve` under load, over HTTP on loopback, with one client process beside it.

    bench/serve_load.py streams [--network lstm-2x512] [--count 64] [--seconds 3] [--rounds 5]
        characters a second of one stream and of many together, in turn, and their ratio
    bench/serve_load.py first [--network …] [--rounds 200]
        milliseconds from a request to its first streamed character, on an idle server
    bench/serve_load.py health --text TEXT [--seconds 20]
        milliseconds of /health with 500 idle streams of events open while a training runs on all cores
    bench/serve_load.py idle [--count 2000]
        bytes that idle streams of events and of text take
    bench/serve_load.py soak [--minutes 10]
        a mix of everything, hostile clients too: descriptors, threads and memory as time goes by

The program is $CHARRNN, or build/charrnn. Its models have random weights: speed does not depend on what was learned.
"""

import argparse
import contextlib
import os
import pathlib
import re
import resource
import selectors
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
os.environ.setdefault("CHARRNN", str(ROOT / "build" / "charrnn"))
sys.path.insert(0, str(ROOT / "tests"))
from serve_soak import Soak, state_of  # noqa: E402
from serve_support import CHARRNN, Server, request_bytes, wait_until, write_model  # noqa: E402

COMPLETIONS = "/v1/completions"


def network(text):
    """lstm-2x512 → cell, layers, hidden."""
    cell, sizes = text.split("-")
    layers, hidden = map(int, sizes.split("x"))
    return cell, layers, hidden


@contextlib.contextmanager
def server_of(name, *options):
    with tempfile.TemporaryDirectory() as scratch:
        model = pathlib.Path(scratch) / "model.safetensors"
        cell, layers, hidden = network(name)
        write_model(model, cell, layers, hidden, 64)
        with Server(model, *options) as server:
            server.post(COMPLETIONS, {"max_tokens": 1})  # loads the model
            yield server


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        return sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


# --- streams

def stream_for(server, count, seconds):
    """Characters a second of `count` streams of one model, counted by the server while all of them are running."""
    body = {"prompt": "the ", "max_tokens": 1 << 20, "stream": True}
    selector = selectors.DefaultSelector()
    connections = []
    for seed in range(count):
        connection = server.connect()
        connection.sendall(request_bytes("POST", COMPLETIONS, {**body, "seed": seed}))
        selector.register(connection, selectors.EVENT_READ)
        connections.append(connection)

    def read_until(end):
        messages = bytes_read = 0
        while (left := end - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                data = key.fileobj.recv(1 << 16)
                if not data:
                    raise SystemExit("a stream ended early")
                messages += 1
                bytes_read += len(data)
        return messages, bytes_read

    read_until(time.monotonic() + 0.3)
    characters, cpu, own, begin = server.figure("tokens_predicted_total"), cpu_seconds(server.process.pid), time.process_time(), time.monotonic()
    messages, _ = read_until(begin + seconds)
    took = time.monotonic() - begin
    figures = {"rate": (server.figure("tokens_predicted_total") - characters) / took, "messages": messages / took,
               "server_cpu": (cpu_seconds(server.process.pid) - cpu) / took, "client_cpu": (time.process_time() - own) / took}
    for connection in connections:
        connection.close()
    wait_until(lambda: server.figure("requests_processing") == 0, what="the end of the streams")
    return figures


def streams(options):
    with server_of(options.network, *(["--threads", str(options.threads)] if options.threads else [])) as server:
        rounds = [(stream_for(server, 1, options.seconds), stream_for(server, options.count, options.seconds)) for _ in range(options.rounds)]
    for which, name in ((0, "1 stream"), (1, f"{options.count} streams")):
        rates = [r[which]["rate"] for r in rounds]
        best = max((r[which] for r in rounds), key=lambda figures: figures["rate"])
        print(f"{options.network} {name:>11}: median {statistics.median(rates):>9,.0f} best {max(rates):>9,.0f} characters/s, "
              f"{best['messages']:,.0f} messages/s, server {best['server_cpu']:.2f} and client {best['client_cpu']:.2f} processors")
    for name, figure in (("characters a second", lambda f: f["rate"]), ("characters a second of the processor", lambda f: f["rate"] / f["server_cpu"])):
        ratios = [figure(many) / figure(one) for one, many in rounds]
        print(f"{options.network} ratio of {name}: median {statistics.median(ratios):.1f}, best {max(ratios):.1f}")


# --- first

def first(options):
    times = []
    with server_of(options.network) as server:
        for seed in range(options.rounds):
            time.sleep(0.01)
            with server.connect() as connection:
                data = b""
                begin = time.monotonic()
                connection.sendall(request_bytes("POST", COMPLETIONS, {"prompt": "the ", "max_tokens": 500, "stream": True, "seed": seed}))
                while b"data: " not in data:
                    data += connection.recv(65536)
                times.append(1000 * (time.monotonic() - begin))
    print(f"{options.network} first character: median {statistics.median(times):.2f} ms, p99 {percentile(times, 0.99):.2f} ms, most {max(times):.2f} ms")


# --- health

def health_times(server, seconds):
    times = []
    with server.connect() as connection:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            begin = time.monotonic()
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while b"ok" not in connection.recv(4096):
                pass
            times.append(1000 * (time.monotonic() - begin))
            time.sleep(0.005)
    return times


def event_streams(server, count):
    connections = []
    for _ in range(count):
        connection = server.connect()
        connection.sendall(request_bytes("GET", "/charrnn/v1/events"))
        connections.append(connection)
    wait_until(lambda: server.figure("event_listeners") == count, 60, "all streams")
    return connections


class TrainingServer:
    """The server of a `train --serve`, with what the functions here ask of a Server."""

    def __init__(self, port):
        self.port = port

    connect, request, raw, figure = Server.connect, Server.request, Server.raw, Server.figure


def health(options):
    more_descriptors()
    with tempfile.TemporaryDirectory() as scratch:
        train = [CHARRNN, "train", options.text, "--out", f"{scratch}/run", "--cell", "lstm", "--layers", "2", "--hidden-size", "256",
                 "--steps", "1000000", "--report-every", "1", "--serve", "0"]
        trainer = subprocess.Popen(train, stderr=subprocess.PIPE, text=True)
        try:
            port = next(int(found.group(1)) for line in trainer.stderr if (found := re.search(r"127\.0\.0\.1:(\d+)/", line)))
            wait_until(lambda: os.path.exists(f"{scratch}/run/metrics.jsonl"), 60, "the training")
            with Server(pathlib.Path(scratch) / "run") as beside:
                for name, server in (("charrnn serve", beside), ("train --serve", TrainingServer(port))):
                    idle = event_streams(server, 500)
                    times = health_times(server, options.seconds)
                    for connection in idle:
                        connection.close()
                    print(f"/health of {name}, 500 streams of events, training on all cores: {len(times)} requests, median "
                          f"{statistics.median(times):.2f} ms, p99 {percentile(times, 0.99):.2f} ms, most {max(times):.1f} ms")
        finally:
            trainer.kill()
            trainer.wait()


# --- idle

def more_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


def idle(options):
    more_descriptors()
    with server_of("gru-1x64", "--queue", str(options.count)) as server:
        base = server.memory()
        connections = event_streams(server, options.count)
        time.sleep(1)
        print(f"{options.count} streams of events: {(server.memory() - base) / 1e6:.1f} MB over {base / 1e6:.1f} MB")
        for connection in connections:
            connection.close()
        wait_until(lambda: server.figure("event_listeners") == 0, 60, "their end")
        base = server.memory()
        connections = []
        for seed in range(options.count):
            connections.append(server.connect())
            connections[-1].sendall(request_bytes("POST", COMPLETIONS, {"max_tokens": 1 << 20, "stream": True, "seed": seed}))
        wait_until(lambda: server.figure("requests_processing") + server.figure("requests_deferred") == options.count, 60, "all texts")
        print(f"{options.count} streams of text, 64 under way, the others waiting: {(server.memory() - base) / 1e6:.1f} MB more")
        for connection in connections:
            connection.close()


# --- soak

def soak(options):
    with server_of("lstm-1x64") as server:
        for minute in range(options.minutes + 1):
            work = Soak(server, 100 * minute).run(60 if minute else 10)
            time.sleep(2.5)  # what lingers has gone
            descriptors, threads, memory = state_of(server)
            print(f"minute {minute:>3}: {descriptors} descriptors, {threads} threads, {memory / 1e6:.1f} MB, {sum(work.counts.values()):,} clients", flush=True)
            if work.problems:
                raise SystemExit("\n".join(work.problems))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["streams", "first", "health", "idle", "soak"])
    parser.add_argument("--network", default="lstm-2x512")
    parser.add_argument("--text", help="what the training beside reads")
    parser.add_argument("--count", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--threads", type=int, help="of the server; with 1, processor time tells the ratio even on a busy machine")
    parser.add_argument("--minutes", type=int, default=10)
    options = parser.parse_args()
    usual = {"streams": (64, 3, 5), "first": (1, 0, 200), "health": (500, 20, 1), "idle": (2000, 0, 1), "soak": (0, 0, 0)}[options.what]
    for name, value in zip(("count", "seconds", "rounds"), usual):
        if getattr(options, name) is None:
            setattr(options, name, value)
    if options.what == "health" and not options.text:
        parser.error("health needs --text")
    globals()[options.what](options)


if __name__ == "__main__":
    main()
