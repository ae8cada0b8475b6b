"""What the tests of `charrnn serve` share: a small model with random numbers, the server, raw HTTP over sockets."""

import json
import os
import random
import re
import signal
import socket
import struct
import subprocess
import tempfile
import time

CHARRNN = os.environ["CHARRNN"]
PATIENCE = 120  # seconds: longer than a busy machine takes, shorter than for ever
VOCABULARY = sorted(set("\n !\"'(),.0123?ABCabcdefghijklmnopqrstuvwxyz<>/"))


def write_model(path, cell="lstm", layers=2, hidden=24, embedding=8, seed=1, vocabulary=VOCABULARY, lowercase=False, facts=None):
    """A model file of random weights, made without charrnn."""
    numbers = random.Random(seed)
    size, gates = len(vocabulary), {"rnn": 1, "gru": 3, "lstm": 4}[cell]
    shapes = {"embedding.weight": [size, embedding]}
    for k in range(layers):
        shapes[f"rnn.weight_ih_l{k}"] = [gates * hidden, hidden if k else embedding]
        shapes[f"rnn.weight_hh_l{k}"] = [gates * hidden, hidden]
        shapes[f"rnn.bias_ih_l{k}"] = shapes[f"rnn.bias_hh_l{k}"] = [gates * hidden]
    shapes["fc.weight"], shapes["fc.bias"] = [size, hidden], [size]
    header = {"__metadata__": {
        "format": "pt", "cell": cell, "layers": str(layers), "hidden_size": str(hidden), "embedding_size": str(embedding),
        "vocabulary": json.dumps(vocabulary), "lowercase": "true" if lowercase else "false", "encoding": "utf-8", **(facts or {})}}
    data = b""
    for name, shape in shapes.items():
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + 4 * count]}
        block = min(count, 1 << 18)  # a large tensor repeats its beginning
        part = struct.pack(f"<{block}f", *(numbers.gauss(0, 0.5) for _ in range(block)))
        data += (part * -(-count // block))[:4 * count]
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    temporary = f"{path}.part"
    with open(temporary, "wb") as file:
        file.write(struct.pack("<Q", len(head)) + head + data)
    os.rename(temporary, path)


class Server:
    """A server of its own on a free port; `with Server(path, "--queue", "2") as server`."""

    def __init__(self, path=None, *options, environment=None, before=None, folder=None):
        self.process = subprocess.Popen([CHARRNN, "serve", *([str(path)] if path else []), "--json", *([] if "--port" in options else ["--port", "0"]),
                                         *([] if "--threads" in options else ["--threads", "2"]), *options],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=before,
                                        env={**os.environ, **(environment or {})}, cwd=folder)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(self.process.stderr.read())
        self.port = json.loads(line)["port"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def connect(self, timeout=PATIENCE):
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def raw(self, data, timeout=PATIENCE, shut=False):
        """Sends bytes, reads to the end of the connection."""
        with self.connect(timeout) as connection:
            connection.sendall(data)
            if shut:
                connection.shutdown(socket.SHUT_WR)
            return read_all(connection)

    def request(self, method, path, body=None, headers=None):
        """status, headers (lower case), body."""
        with self.connect() as connection:
            connection.sendall(request_bytes(method, path, body, {"Connection": "close", **(headers or {})}))
            return split_reply(read_all(connection))

    def get(self, path, **headers):
        status, _, body = self.request("GET", path, headers=headers)
        return status, json.loads(body)

    def post(self, path, body, **headers):
        status, _, reply = self.request("POST", path, body, headers)
        return status, json.loads(reply)

    def healthy(self):
        status, _, body = self.request("GET", "/health")
        return status == 200 and json.loads(body) == {"status": "ok"}

    def memory(self):
        """Resident bytes."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) * 1024

    def figure(self, name):
        _, _, body = self.request("GET", "/metrics")
        return float(re.search(rf"^charrnn:{name} (\S+)", body.decode(), re.M).group(1))


def request_bytes(method, path, body=None, headers=None):
    if isinstance(body, (dict, list)):
        body = json.dumps(body).encode()
    fields = {"Host": "localhost", **({"Content-Type": "application/json"} if body is not None else {})}
    if body is not None:
        fields["Content-Length"] = str(len(body))
    fields.update(headers or {})
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items()) + "\r\n"
    return head.encode() + (body or b"")


def read_all(connection):
    data = bytearray()
    try:
        while chunk := connection.recv(1 << 20):
            data += chunk
    except ConnectionResetError:
        pass
    return bytes(data)


def split_reply(data):
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    if not lines[0]:
        return 0, {}, b""
    headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
    if headers.get("transfer-encoding") == "chunked":
        body = unchunk(body)
    return int(lines[0].split()[1]), headers, body


def unchunk(data):
    result = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        count = int(size, 16)
        if count == 0:
            break
        result += data[:count]
        data = data[count + 2:]
    return result


def events(body):
    """The data of server-sent events."""
    return [line[6:] for line in body.decode().split("\n") if line.startswith("data: ")]


def wait_until(condition, seconds=PATIENCE, what="it"):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come about within {seconds} s")


def sample(model, prompt, seed, count, *options):
    """What `charrnn sample` writes."""
    result = subprocess.run([CHARRNN, "sample", str(model), "-p", prompt, "--seed", str(seed), "-n", str(count), "--json", *options],
                            capture_output=True, text=True, check=True)
    return [json.loads(line)["text"] for line in result.stdout.splitlines()]


def folder():
    return tempfile.TemporaryDirectory()
