"""Two servers behind nginx and behind haproxy, with the configurations of examples/deployment/, and the systemd unit.

Only ports and folders are replaced. Skipped where neither proxy is installed.
"""

import contextlib
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import unittest
import urllib.parse

from serve_support import PATIENCE, Server, events, folder, read_all, request_bytes, sample, split_reply, wait_until, write_model

FILES = pathlib.Path(os.environ["CHARRNN_SOURCE"]) / "examples" / "deployment"
# Debian keeps them where only the administrator's shell looks.
NGINX, HAPROXY = (shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in ("nginx", "haproxy"))
KEY = {"Authorization": "Bearer none"}
COMPLETIONS, EVENTS = "/charrnn/v1/completions", "/charrnn/charrnn/v1/events"
SCRATCH = folder()
PLACE = pathlib.Path(SCRATCH.name)
MODEL = PLACE / "small.safetensors"
TEXTS = {}  # by seed, what charrnn sample writes


def setUpModule():
    write_model(MODEL)
    (PLACE / "key").write_text("none\n")
    for seed in range(4):
        (TEXTS[seed],) = sample(MODEL, "the ", seed, 400)


def end_with_the_test():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)  # PR_SET_PDEATHSIG


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def replica(port):
    return Server(MODEL, "--port", str(port), "--threads", "1", "--no-train", "--api-key-file", str(PLACE / "key"),
                  "--allowed-hosts", "text.example.org", before=end_with_the_test)


def completion(seed, count=400):
    return {"prompt": "the ", "max_tokens": count, "seed": seed, "stream": True}


def text_of(reply):
    """Of a stream that ended as it should."""
    status, headers, body = reply
    assert status == 200, (status, body)
    assert headers["content-type"].startswith("text/event-stream"), headers
    data = events(body)
    assert data and data[-1] == "[DONE]", data[-3:]
    return "".join(choice["text"] for line in data[:-1] for choice in json.loads(line)["choices"])


def figure(server, name):
    _, _, body = server.request("GET", "/metrics", headers=KEY)
    return float(re.search(rf"^charrnn:{name} (\S+)", body.decode(), re.M).group(1))


class Proxied:
    """What holds behind either; a class below starts the proxy and drains a replica in its way."""

    def setUp(self):
        self.place = pathlib.Path(self.enterContext(folder()))
        self.port, *self.ports = free_ports(3)
        self.replicas = [replica(port) for port in self.ports]
        self.proxy = self.start()
        self.addCleanup(self.end)
        wait_until(self.is_up, what="the proxy")

    def end(self):
        self.proxy.send_signal(signal.SIGTERM)
        self.proxy.wait(PATIENCE)
        for each in self.replicas:
            each.__exit__()

    def is_up(self):
        try:
            return self.ask("GET", "/charrnn/health")[0] not in (0, 502, 503)  # any answer but the proxy's own
        except OSError:
            return False

    def configuration(self, name, changes=()):
        text = (FILES / name).read_text()
        for old, new in [("127.0.0.1:8000", f"127.0.0.1:{self.port}"), *((f"127.0.0.1:{8081 + i}", f"127.0.0.1:{port}") for i, port in enumerate(self.ports)),
                         *changes]:
            self.assertIn(old, text)
            text = text.replace(old, new)
        return text

    def send(self, method, path, body=None, headers=KEY):
        """The connection on which the reply comes."""
        connection = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        connection.sendall(request_bytes(method, path, body, {"Host": f"localhost:{self.port}", "Connection": "close", **headers}))
        return connection

    def ask(self, method, path, body=None, headers=KEY):
        with self.send(method, path, body, headers) as connection:
            return split_reply(read_all(connection))

    def test_the_page_and_the_interface_under_a_prefix(self):
        status, headers, _ = self.ask("GET", "/charrnn")
        self.assertEqual((status, headers["location"]), (308, "/charrnn/"))
        status, _, page = self.ask("GET", "/charrnn/")
        self.assertEqual(status, 200)
        links = re.findall(r'(?:src|href)="([^"]+)"', page.decode())
        self.assertGreaterEqual(len(links), 3)
        for link in links:
            path = urllib.parse.urljoin("/charrnn/", link)
            self.assertTrue(path.startswith("/charrnn/"), link)
            status, _, body = self.ask("GET", path)
            self.assertEqual((status, body), (200, self.replicas[0].request("GET", path.removeprefix("/charrnn"))[2]), path)
        self.assertEqual(self.ask("GET", "/charrnn/charrnn/v1/runs")[0], 200)
        self.assertEqual(self.ask("GET", "/v1/models")[0], 404)

    def test_keys_hosts_and_origins(self):
        self.assertEqual(self.ask("GET", "/charrnn/v1/models", headers={})[0], 401)
        self.assertEqual(self.ask("GET", "/charrnn/v1/models", headers={**KEY, "Host": "text.example.org"})[0], 200)
        self.assertEqual(self.ask("GET", "/charrnn/v1/models", headers={**KEY, "Host": "other.example.org"})[0], 403)
        own, other = f"http://localhost:{self.port}", "http://other.example.org"
        self.assertEqual(text_of(self.ask("POST", COMPLETIONS, completion(0), {**KEY, "Origin": own})), TEXTS[0])
        self.assertEqual(self.ask("POST", COMPLETIONS, completion(0), {**KEY, "Origin": other})[0], 403)

    def test_an_event_comes_before_its_stream_ends(self):
        with self.send("GET", EVENTS) as connection:
            connection.settimeout(10)  # the server's next word comes later
            data = b""
            while b"event: snapshot" not in data:
                piece = connection.recv(65536)
                self.assertTrue(piece, data)
                data += piece

    def test_no_request_fails_while_replicas_go_and_come(self):
        ending, failures, served = threading.Event(), [], [0, 0, 0]

        def client(which):
            seed = which
            while not ending.is_set():
                seed = (seed + 1) % len(TEXTS)
                try:
                    assert text_of(self.ask("POST", COMPLETIONS, completion(seed))) == TEXTS[seed]
                except (AssertionError, OSError, ValueError, IndexError) as failure:
                    failures.append(repr(failure))
                    return
                served[which] += 1

        def more(count=3):
            goal = [n + count for n in served]
            wait_until(lambda: failures or all(n >= g for n, g in zip(served, goal)), what="more texts")

        clients = [threading.Thread(target=client, args=(which,)) for which in range(len(served))]
        for each in clients:
            each.start()
        try:
            for which, port in enumerate(self.ports):
                more()
                self.replicas[which].process.terminate()
                self.assertEqual(self.replicas[which].process.wait(PATIENCE), 143)
                self.replicas[which].__exit__()
                more()
                self.replicas[which] = replica(port)
                wait_until(lambda: failures or figure(self.replicas[which], "tokens_predicted_total"), what="the new replica's first text")
            more()
        finally:
            ending.set()
            for each in clients:
                each.join()
        self.assertEqual(failures, [])

    def test_a_drained_replica_ends_its_stream_and_gets_no_other(self):
        with self.send("POST", COMPLETIONS, completion(1, 60000)) as stream:
            begin = stream.recv(1000)
            wait_until(lambda: any(figure(each, "tokens_predicted_total") for each in self.replicas), what="the long text")
            busy = 0 if figure(self.replicas[0], "tokens_predicted_total") else 1
            self.drain(busy)
            with contextlib.ExitStack() as others:
                for _ in range(3):
                    others.enter_context(self.send("GET", EVENTS))
                wait_until(lambda: sum(figure(each, "event_listeners") for each in self.replicas) == 3, what="the event streams")
                self.assertEqual(figure(self.replicas[busy], "event_listeners"), 0)
            text = text_of(split_reply(begin + read_all(stream)))
        self.assertEqual((len(text), text[:400]), (60000, TEXTS[1]))


@unittest.skipUnless(NGINX, "no nginx here (apt install nginx)")
class Nginx(Proxied, unittest.TestCase):
    def write(self, changes=()):
        (self.place / "charrnn.conf").write_text(self.configuration("nginx.conf", changes))

    def start(self):
        self.write()
        paths = "".join(f"{name}_temp_path {name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.place / "nginx.conf").write_text(f"daemon off;\npid nginx.pid;\nerror_log errors.log notice;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}include charrnn.conf;\n}}\n")
        self.place.chmod(0o755)  # where the administrator starts it, its workers are somebody else
        return subprocess.Popen([NGINX, "-p", self.place, "-e", "errors.log", "-c", "nginx.conf"], preexec_fn=end_with_the_test)

    def drain(self, which):
        line = f"127.0.0.1:{self.ports[which]}"
        self.write([(f"{line} max_fails=0", f"{line} down")])
        self.proxy.send_signal(signal.SIGHUP)
        wait_until(lambda: "gracefully shutting down" in (self.place / "errors.log").read_text(), what="the new configuration")


@unittest.skipUnless(HAPROXY, "no haproxy here (apt install haproxy)")
class Haproxy(Proxied, unittest.TestCase):
    def start(self):
        text = self.configuration("haproxy.cfg", [("/run/haproxy/admin.sock", f"{self.place}/admin.sock")])
        (self.place / "haproxy.cfg").write_text(text)
        return subprocess.Popen([HAPROXY, "-db", "-q", "-f", self.place / "haproxy.cfg"], stderr=subprocess.DEVNULL, preexec_fn=end_with_the_test)

    def drain(self, which):
        with socket.socket(socket.AF_UNIX) as admin:
            admin.connect(f"{self.place}/admin.sock")
            admin.sendall(f"set server charrnn/{'ab'[which]} state drain\n".encode())
            self.assertEqual(read_all(admin).strip(), b"")


@unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze here (apt install systemd)")
class Unit(unittest.TestCase):
    def test_systemd_accepts_the_unit(self):
        with folder() as place:
            unit = pathlib.Path(place) / "charrnn@.service"
            text = (FILES / unit.name).read_text()
            self.assertIn("ExecStart=/usr/bin/charrnn serve", text)
            unit.write_text(text.replace("ExecStart=/usr/bin/charrnn", "ExecStart=/bin/true"))
            result = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, timeout=60)
        self.assertEqual((result.returncode, [line for line in result.stderr.splitlines() if "charrnn" in line]), (0, []))


if __name__ == "__main__":
    if not NGINX and not HAPROXY:
        print("skipped: neither nginx nor haproxy here (apt install nginx haproxy)")
        sys.exit(77)
    unittest.main()
