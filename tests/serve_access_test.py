"""Where the server listens, and to whom: addresses, hosts, origins, keys."""

import ctypes
import fcntl
import os
import pathlib
import socket
import struct
import subprocess
import sys
import unittest

from serve_support import CHARRNN, Server, folder, read_all, request_bytes, split_reply, write_model

SCRATCH = folder()
MODEL = pathlib.Path(SCRATCH.name) / "small.safetensors"
write_model(MODEL)
COMPLETIONS = "/v1/completions"
NET_BIND_SERVICE = 10  # the capability to listen below port 1024


def setUpModule():
    global server
    server = Server(MODEL)


def tearDownModule():
    assert server.healthy()
    server.__exit__()


def status_of(data):
    return split_reply(data)[0]


def as_anybody():
    """What the administrator may, the program to come may not."""
    ctypes.CDLL(None).prctl(24, NET_BIND_SERVICE, 0, 0, 0)  # PR_CAPBSET_DROP


class Listening(unittest.TestCase):
    def refuse(self, *arguments, before=None):
        result = subprocess.run([CHARRNN, "serve", *arguments], capture_output=True, text=True, timeout=20, preexec_fn=before)
        return result.returncode, result.stderr

    def test_a_port_in_use_is_named(self):
        code, message = self.refuse(str(MODEL), "--port", str(server.port))
        self.assertEqual(code, 8)
        self.assertIn(f"127.0.0.1:{server.port}", message)
        self.assertIn(f"by charrnn, process {server.process.pid} ", message)

    def test_a_port_taken_for_all_addresses_is_named(self):
        with socket.create_server(("0.0.0.0", 0)) as other:
            code, message = self.refuse(str(MODEL), "--port", str(other.getsockname()[1]))
        self.assertEqual(code, 8)
        self.assertIn(f"process {os.getpid()} ", message)
        self.assertIn("--port 0", message)

    def test_a_port_just_left_is_free_again(self):
        with Server(MODEL) as first, first.connect() as connection:
            # Answered, so accepted: a connection that still waits for that is reset when the server ends.
            connection.sendall(f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{first.port}\r\n\r\n".encode())
            answer = b""
            while not answer.endswith(b"}"):
                answer += connection.recv(4096)
            first.process.terminate()  # the server closes first: the connection lingers in TIME_WAIT
            self.assertEqual(connection.recv(1), b"")
            self.assertEqual(first.process.wait(10), 143)
            with Server(MODEL, "--port", str(first.port)) as second:
                self.assertEqual(second.port, first.port)
                self.assertTrue(second.healthy())

    def test_a_port_of_the_administrator_is_refused_to_others(self):
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start") as file:
            if int(file.read()) < 2:
                self.skipTest("on this machine everybody may listen on every port")
        code, message = self.refuse(str(MODEL), "--port", "1", before=as_anybody)
        self.assertEqual(code, 8)
        self.assertIn("127.0.0.1:1)", message)
        self.assertIn("ports below 1024 are the administrator's", message)

    def test_another_machines_address_is_refused(self):
        code, message = self.refuse(str(MODEL), "--host", "192.0.2.1", "--port", "0", "--insecure-no-auth")
        self.assertEqual(code, 8)
        self.assertIn("192.0.2.1", message)
        self.assertIn("an address of this machine", message)

    def test_localhost_is_served_where_its_other_address_is_taken(self):
        if not socket.has_dualstack_ipv6():
            self.skipTest("this machine has no IPv6")
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as other:
            port = other.getsockname()[1]
            with Server(MODEL, "--host", "localhost", "--port", str(port)) as localhost:
                self.assertEqual(localhost.port, port)
                self.assertTrue(localhost.healthy())

    def test_ipv6_switched_off_leaves_the_other_address(self):
        result = subprocess.run(["unshare", "--map-root-user", "--net", sys.executable, __file__, "--without-ipv6"],
                                capture_output=True, text=True, timeout=60)
        if "unshare failed" in result.stderr:
            self.skipTest(f"no network of its own to be had here: {result.stderr.strip()}")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_bad_address_is_refused(self):
        self.assertEqual(self.refuse(str(MODEL), "--host", "nowhere")[0], 8)

    def test_other_addresses_need_a_key(self):
        code, message = self.refuse(str(MODEL), "--host", "0.0.0.0", "--port", "0")
        self.assertEqual(code, 8)
        self.assertIn("--api-key-file", message)
        self.assertIn("--insecure-no-auth", message)

    def test_nothing_at_the_place_named_says_so(self):
        code, message = self.refuse(str(MODEL) + ".other")
        self.assertEqual(code, 5)
        self.assertIn("small.safetensors.other", message)

    def test_without_runs_the_notebooks_network_is_served(self):
        with Server(folder=SCRATCH.name) as notebook:
            self.assertEqual([m["id"] for m in notebook.get("/v1/models")[1]["data"]], ["built-in"])
            run = notebook.get("/charrnn/v1/runs/built-in")[1]
            self.assertEqual((run["kind"], run["layers"], run["hidden_size"]), ("built_in", 2, 256))
            text = notebook.post(COMPLETIONS, {"prompt": "natural lang", "max_tokens": 4, "temperature": 0})[1]["choices"][0]["text"]
            self.assertEqual(text, "uage")  # it has learned its text


class Access(unittest.TestCase):
    def test_only_names_of_this_machine_are_hosts(self):
        for host, expected in [("localhost", 200), ("LOCALHOST:99", 200), ("a.localhost", 200), ("127.9.9.9", 200), ("[::1]:80", 200),
                               ("evil.com", 403), ("127.0.0.1.evil.com", 403), ("localhost.evil.com", 403), ("", 403), ("256.0.0.1", 403),
                               ("127.0.0.1@evil.com", 403)]:
            self.assertEqual(server.request("GET", "/health", headers={"Host": host})[0], expected, host)

    def test_a_missing_host_and_two_are_bad_requests(self):
        self.assertEqual(status_of(server.raw(b"GET /health HTTP/1.1\r\n\r\n")), 400)
        self.assertEqual(status_of(server.raw(b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.com\r\n\r\n")), 400)

    def test_other_sites_pages_may_not_ask(self):
        for origin, expected in [("http://evil.com", 403), ("null", 403), ("http://localhost", 200)]:
            status = server.request("POST", COMPLETIONS, {"max_tokens": 1}, {"Origin": origin})[0]
            self.assertEqual(status, expected, origin)
        self.assertEqual(server.request("POST", COMPLETIONS, {}, {"Sec-Fetch-Site": "cross-site"})[0], 403)
        self.assertEqual(server.request("GET", "/charrnn/v1/events", headers={"Origin": "http://evil.com"})[0], 403)

    def test_a_form_is_no_json(self):
        for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
            self.assertEqual(server.request("POST", COMPLETIONS, b"{}", {"Content-Type": kind})[0], 415)
        self.assertEqual(server.request("POST", COMPLETIONS, {"max_tokens": 1}, {"Content-Type": "Application/JSON; charset=utf-8"})[0], 200)

    def test_a_preflight_is_told_nothing(self):
        status, headers, body = server.request("OPTIONS", COMPLETIONS, headers={"Origin": "http://evil.com"})
        self.assertEqual((status, body), (204, b""))
        self.assertFalse([name for name in headers if name.startswith("access-control")])

    def test_an_allowed_origin_reads_every_kind_of_reply(self):
        allowed = {"Origin": "http://pages.example"}
        with Server(MODEL, "--allowed-origins", "http://Pages.example:80/", "--allowed-origins", "app://notes") as other:
            preflight = {**allowed, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
            for method, path, body, further, expected in [
                    ("GET", "/v1/models", None, {}, 200), ("POST", COMPLETIONS, {"max_tokens": 1}, {"Sec-Fetch-Site": "cross-site"}, 200),
                    ("POST", COMPLETIONS, {"stream": True}, {}, 200), ("POST", "/charrnn/v1/generate", {}, {}, 200),
                    ("OPTIONS", COMPLETIONS, None, preflight, 204), ("GET", "/nothing", None, {}, 404), ("GET", COMPLETIONS, None, {}, 405),
                    ("POST", COMPLETIONS, b"{}", {"Content-Type": "text/plain"}, 415), ("POST", COMPLETIONS, b"{", {}, 400),
                    ("POST", COMPLETIONS, b"", {"Content-Length": "2000000"}, 413), ("GET", "/%", None, {}, 400), ("GET", "/", None, {}, 200)]:
                status, headers, _ = other.request(method, path, body, {**allowed, **further})
                self.assertEqual((status, headers.get("access-control-allow-origin")), (expected, "http://pages.example"), path)
                for value in headers.values():
                    self.assertNotEqual(value, "*")
            self.assertEqual(other.request("POST", COMPLETIONS, {"max_tokens": 1}, {"Origin": "app://notes"})[0], 200)
            status, headers, _ = other.request("GET", "/v1/models", headers={"Origin": "http://evil.com"})
            self.assertEqual((status, headers["vary"], "access-control-allow-origin" in headers), (200, "Origin", False))

    def test_what_is_no_origin_and_no_name_is_refused_at_the_start(self):
        for option, value in [("--allowed-origins", "*"), ("--allowed-origins", "example.org"), ("--allowed-origins", "http://a/app"),
                              ("--allowed-hosts", "http://a")]:
            result = subprocess.run([CHARRNN, "serve", str(MODEL), "--port", "0", option, value], capture_output=True, text=True, timeout=20)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(f"{option}: ", result.stderr)
            self.assertIn(value, result.stderr)

    def test_no_proxy_holds_a_stream_back(self):
        for path, body in ((COMPLETIONS, {"stream": True}), ("/charrnn/v1/generate", {})):
            self.assertEqual(server.request("POST", path, body)[1]["x-accel-buffering"], "no")
        self.assertNotIn("x-accel-buffering", server.request("POST", COMPLETIONS, {})[1])

    def test_every_reply_has_the_rules_for_browsers(self):
        for path in ("/", "/health", "/nothing"):
            headers = server.request("GET", path)[1]
            self.assertIn("default-src 'self'", headers["content-security-policy"])
            self.assertEqual((headers["x-content-type-options"], headers["referrer-policy"]), ("nosniff", "no-referrer"))

    def test_a_key_is_asked_for_and_never_taken_from_the_url(self):
        key_file = pathlib.Path(SCRATCH.name) / "key"
        key_file.write_text("secret\n")
        with Server(MODEL, "--api-key-file", str(key_file)) as locked:
            self.assertTrue(locked.healthy())
            self.assertEqual(locked.request("GET", "/")[0], 200)
            for headers in ({}, {"Authorization": "Bearer wrong!"}, {"Authorization": "secret"}, {"Authorization": "Bearer secretsecret"}):
                status, reply = locked.post(COMPLETIONS, {}, **headers)
                self.assertEqual((status, reply["error"]["type"]), (401, "authentication_error"))
                self.assertEqual(locked.request("GET", "/charrnn/v1/runs", headers=headers)[0], 401)
            self.assertEqual(locked.request("GET", "/v1/models?api_key=secret")[0], 401)
            self.assertEqual(locked.post(COMPLETIONS, {"max_tokens": 1}, Authorization="Bearer secret")[0], 200)

    def test_ten_thousand_wrong_keys_change_nothing(self):
        key_file = pathlib.Path(SCRATCH.name) / "key"
        key_file.write_text("secret\n")
        with Server(MODEL, "--api-key-file", str(key_file)) as locked:
            def guess(numbers):
                connections = [locked.connect() for _ in numbers]
                for connection, i in zip(connections, numbers):
                    connection.sendall(request_bytes("GET", "/v1/models", headers={"Authorization": f"Bearer secre{i}"}))
                for connection in connections:  # each is closed by the server
                    with connection:
                        self.assertEqual(status_of(read_all(connection)), 401)

            for begin in range(0, 10000, 50):
                if begin == 1000:
                    before = locked.memory()
                guess(range(begin, begin + 50))
                if begin % 1000 == 0:
                    self.assertTrue(locked.healthy())
            self.assertLess(locked.memory() - before, 2 << 20)
            self.assertEqual(locked.get("/v1/models", Authorization="Bearer secret")[0], 200)


class WithoutIpv6:
    """In a network of its own, in which IPv6 is switched off (--without-ipv6)."""

    def __init__(self):
        with socket.socket() as any_socket:  # such a network's loopback is down at first
            fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh22x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
        if os.path.exists("/proc/sys/net/ipv6"):
            pathlib.Path("/proc/sys/net/ipv6/conf/all/disable_ipv6").write_text("1")
        with Server(MODEL, "--host", "localhost") as localhost:
            assert localhost.healthy()
        refused = subprocess.run([CHARRNN, "serve", str(MODEL), "--host", "::1", "--port", "0"], capture_output=True, text=True, timeout=20)
        assert refused.returncode == 8 and "[::1]:0" in refused.stderr, refused


if __name__ == "__main__":
    if "--without-ipv6" in sys.argv:
        WithoutIpv6()
    else:
        unittest.main(warnings="ignore")
