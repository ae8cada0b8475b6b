"""What strangers, slow clients and mistakes may do to the server: nothing, but be told so."""

import json
import os
import pathlib
import resource
import signal
import socket
import struct
import time
import unittest

from serve_support import Server, events, folder, read_all, request_bytes, split_reply, wait_until, write_model

SCRATCH = folder()
MODEL = pathlib.Path(SCRATCH.name) / "small.safetensors"
write_model(MODEL)
COMPLETIONS = "/v1/completions"
LONG = {"prompt": "a", "max_tokens": 1000000}


def setUpModule():
    global server
    server = Server(MODEL, "--header-timeout", "1", "--body-timeout", "1", "--stall-timeout", "1", "--parallel", "4", "--queue", "2")


def tearDownModule():
    assert server.healthy()
    server.__exit__()


def statuses(data):
    """Of pipelined replies."""
    return [int(part.split(b" ", 1)[0]) for part in data.split(b"HTTP/1.1 ")[1:]]


def status_of(data):
    return split_reply(data)[0]


class Bodies(unittest.TestCase):
    def test_a_body_over_the_limit_is_refused_before_it_is_sent(self):
        head = b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        self.assertEqual(status_of(server.raw(head + b"Content-Length: 99999999\r\n\r\n")), 413)
        self.assertEqual(status_of(server.raw(head + b"Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")), 413)

    def test_an_endless_chunked_body_is_cut(self):
        head = b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
        before = server.memory()
        self.assertEqual(status_of(server.raw(head + chunk * 40)), 413)
        self.assertLess(server.memory() - before, 16 << 20)

    def test_lying_lengths_are_found_out(self):
        head = b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        self.assertEqual(status_of(server.raw(head + b"Content-Length: 10\r\n\r\n{}", shut=True)), 400)
        self.assertEqual(status_of(server.raw(head + b"Content-Length: 10\r\n\r\n{}")), 408)
        two = server.raw(head + b"Content-Length: 18\r\n\r\n" + b'{"max_tokens": 1 }garbage\r\n\r\n')
        self.assertEqual(statuses(two), [200, 400])

    def test_two_lengths_are_refused(self):
        head = b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        for lengths in (b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
                        b"Content-Length: 2\r\nContent-Length: 3\r\n", b"Content-Length: -2\r\n", b"Transfer-Encoding: gzip\r\n"):
            data = server.raw(head + lengths + b"\r\n{}")
            self.assertEqual(status_of(data), 501 if b"gzip" in lengths else 400, lengths)
            self.assertIn(b"Connection: close", data)

    def test_a_post_without_length_is_told_so(self):
        head = b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\r\n"
        self.assertEqual(status_of(server.raw(head)), 411)

    def test_bad_json_is_a_bad_request(self):
        for body in (b"", b"{", b"[]", b"7", b'{"a":1}x', b"[" * 100000, b'{"a":' * 100000, b'{"a":1,"a":2}', b"\xef\xbb\xbf{}",
                     '{"a":1}'.encode("utf-16"), b'{"prompt":"\xff"}', b'{"prompt":"\xed\xa0\x80"}', b'{"prompt":"\\ud800"}', b'{"n":1e999}',
                     b'{"prompt":NaN}', b"\x00"):
            status, _, reply = server.request("POST", COMPLETIONS, body)
            self.assertEqual((status, json.loads(reply)["error"]["type"]), (400, "invalid_request_error"), body[:20])

    def test_continue_is_sent_once_the_head_has_passed(self):
        with server.connect() as connection:
            body = b'{"max_tokens": 1}'
            connection.sendall(request_bytes("POST", COMPLETIONS, body, {"Expect": "100-continue", "Connection": "close"})[:-len(body)])
            self.assertTrue(connection.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n\r\n"))
            connection.sendall(body)
            self.assertEqual(status_of(read_all(connection)), 200)


# name: (least, most, is an integer); what lies outside is refused with the field's name.
NUMBERS = {
    COMPLETIONS: {"max_tokens": (-1, 1 << 20, True), "n": (1, 128, True), "best_of": (1, 128, True), "logprobs": (0, 100, True), "temperature": (0, 100, False),
                  "top_p": (0, 1, False), "top_k": (-1, 1000000, True), "min_p": (0, 1, False), "presence_penalty": (-2, 2, False),
                  "frequency_penalty": (-2, 2, False), "seed": (-1, (1 << 64) - 1, True)},
    "/completion": {"n_predict": (-1, 1 << 20, True), "n_probs": (0, 100, True)},
    "/charrnn/v1/generate": {"max_characters": (0, 1 << 20, True), "top": (0, 100, True), "index": (0, (1 << 31) - 1, True)},
    "/charrnn/v1/surprise": {"top": (0, 100, True)},
    "/charrnn/v1/activations": {"top": (0, 100, True)},
    "/charrnn/v1/units/rank": {"limit": (1, 100, True)},
    "/charrnn/v1/units/search": {"limit": (1, 100, True), "around": (1, 16384, True)},
    "/charrnn/v1/memory": {"position": (1, 16384, True)},
    "/charrnn/v1/memory/average": {"positions": (1, 64, True), "distances": (1, 2000, True)},
    "/charrnn/v1/tour": {"temperature": (0, 100, False), "draw": (0, (1 << 31) - 1, True), "seed": (-1, (1 << 64) - 1, True)},
}


class Numbers(unittest.TestCase):
    def test_every_number_is_held_to_its_range(self):
        for path, fields in NUMBERS.items():
            for name, (least, most, is_integer) in fields.items():
                wrong = ["5", True, [1], {"a": 1}, 1e308, -1e308, 1 << 80, -(1 << 63), most + 1, least - 1]
                if is_integer:
                    wrong += [1.5, 1.0]
                for value in wrong:
                    status, reply = server.post(path, {"text": "abc", name: value, **({"max_tokens": 1} if name != "max_tokens" else {})})
                    self.assertEqual((status, reply["error"]["param"]), (400, name), (path, name, value))

    def test_the_ends_of_the_ranges_and_null_are_taken(self):
        for path, length in ((COMPLETIONS, "max_tokens"), ("/completion", "n_predict"), ("/charrnn/v1/generate", "max_characters")):
            for name, (least, most, _) in NUMBERS[path].items():
                for value in (least, most, None):
                    if name == length and value is not None:
                        continue  # these would take long
                    self.assertEqual(server.request("POST", path, {length: 1, name: value})[0], 200, (path, name, value))
            self.assertEqual(server.request("POST", path, {length: 0})[0], 200, path)

    def test_too_many_of_anything_is_refused(self):
        for field, value in [("stop", ["a"] * 17), ("stop", [""]), ("stop", "a" * 257), ("prompt", ["a"] * 1025), ("prompt", [-1]), ("prompt", [10**9]),
                             ("prompt", {"a": 1}), ("logit_bias", {str(i): 1 for i in range(2000)}), ("logit_bias", {"1": 101}),
                             ("logit_bias", {"x": 1}), ("logit_bias", {"99": 1}), ("stream", 1), ("echo", "yes"), ("model", 3),
                             ("stream_options", 5)]:
            status, reply = server.post(COMPLETIONS, {"max_tokens": 1, field: value})
            self.assertEqual((status, reply["error"]["param"]), (400, field), (field, str(value)[:40]))
        for holds in ([{"layer": 2, "unit": 0, "value": 0}], [{"layer": 0, "unit": 24, "value": 0}], [{"layer": 0, "unit": 0, "value": 2}], [{}], [3], 3):
            self.assertEqual(server.request("POST", "/charrnn/v1/generate", {"holds": holds})[0], 400)
        for spans in ([[3, 2]], [[0, 99]], [[0]], [], 3, [["a", 2]]):
            self.assertEqual(server.post("/charrnn/v1/units/search", {"text": "abc", "spans": spans})[0], 400)
        self.assertEqual(server.post("/charrnn/v1/surprise", {"text": "a" * 16385})[0], 400)
        self.assertEqual(server.post("/charrnn/v1/surprise", {})[1]["error"]["param"], "text")


class Protocol(unittest.TestCase):
    def test_unknown_paths_and_methods(self):
        for path in ("/nothing", "/../../etc/passwd", "/%2e%2e/etc/passwd", "//", "/v1/models//", "/charrnn/v1/runs/..%2f", "/charrnn/v1/runs/%2e%2e/config"):
            self.assertEqual(server.request("GET", path)[0], 404, path)
        for method, path, allow in [("GET", COMPLETIONS, "POST"), ("PUT", COMPLETIONS, "POST"), ("DELETE", "/v1/models", "GET"), ("POST", "/health", "GET")]:
            status, headers, _ = server.request(method, path, {} if method == "POST" else None)
            self.assertEqual(status, 405, path)
            self.assertIn(allow, headers["allow"])
        for path in ("/%00", "/%zz", "/a%", "nothing"):
            self.assertEqual(server.request("GET", path)[0], 400, path)

    def test_heads_over_the_limits(self):
        def get(path, extra=""):
            return status_of(server.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{extra}\r\n".encode()))

        self.assertEqual(get("/" + "a" * 9000), 414)
        self.assertEqual(get("/" + "a" * 40000), 414)
        self.assertEqual(status_of(server.raw(b"A" * 9000 + b" / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")), 414)
        self.assertEqual(get("/health", "X: " + "a" * 30000 + "\r\n"), 431)
        self.assertEqual(get("/health", "X: a\r\n" * 120), 431)
        self.assertEqual(get("/health", "X: a\r\n" * 60 + "Connection: close\r\n"), 200)

    def test_pipelined_requests_are_answered_in_order(self):
        first = request_bytes("POST", COMPLETIONS, {"max_tokens": 2000, "prompt": "a"})
        data = server.raw(first + request_bytes("GET", "/nothing") + request_bytes("GET", "/health", headers={"Connection": "close"}))
        self.assertEqual(statuses(data), [200, 404, 200])

    def test_http_1_0_is_spoken_and_its_streams_end_by_closing(self):
        data = server.raw(b"GET /health HTTP/1.0\r\n\r\n")
        self.assertTrue(data.startswith(b"HTTP/1.0 200") and b"Connection: close" in data)
        body = json.dumps({"max_tokens": 3, "stream": True}).encode()
        data = server.raw(b"POST /v1/completions HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        self.assertNotIn(b"chunked", data)
        self.assertTrue(data.endswith(b"data: [DONE]\n\n"))

    def test_other_protocols_and_garbage_are_closed(self):
        for data in (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"\x00" * 100 + b"\r\n\r\n", b"GET\r\n\r\n",
                     b"GET /health HTTP/9.9\r\n\r\n", b"\r\n\r\nx\r\n\r\n"):
            reply = server.raw(data)
            self.assertIn(status_of(reply) if reply else 400, (400, 505), data[:20])

    def test_head_has_the_length_and_no_body(self):
        length = server.request("GET", "/")[1]["content-length"]
        status, headers, body = server.request("HEAD", "/")
        self.assertEqual((status, headers["content-length"], body), (200, length, b""))
        self.assertEqual(server.request("HEAD", "/charrnn/v1/events")[2], b"")

    def test_nothing_a_client_sends_comes_back_in_a_header(self):
        for path in ("/charrnn/v1/runs/a%0d%0aX-Evil:%201", "/nothing?a=%0d%0aX-Evil:%201"):
            self.assertNotIn("x-evil", server.request("GET", path)[1])
        self.assertNotIn("x-evil", server.request("POST", COMPLETIONS, {"model": "a\r\nX-Evil: 1"})[1])

    def test_the_page_is_cached_by_its_tag_and_compressed(self):
        status, headers, plain = server.request("GET", "/")
        self.assertEqual((status, headers["content-type"]), (200, "text/html; charset=utf-8"))
        self.assertIn(b"charrnn", plain)
        self.assertEqual(server.request("GET", "/", headers={"If-None-Match": headers["etag"]})[0], 304)
        self.assertEqual(server.request("GET", "/", headers={"If-None-Match": '"other"'})[0], 200)
        import gzip
        _, packed_headers, packed = server.request("GET", "/", headers={"Accept-Encoding": "br, gzip;q=0.9"})
        self.assertEqual((packed_headers["content-encoding"], gzip.decompress(packed)), ("gzip", plain))


class SlowAndGone(unittest.TestCase):
    def test_a_head_that_drips_is_cut_at_its_deadline(self):
        drips = [server.connect() for _ in range(50)]
        begin = time.monotonic()
        closed = 0
        while closed < len(drips) and time.monotonic() - begin < 15:
            closed = 0
            for connection in drips:
                try:
                    connection.sendall(b"X")
                    connection.setblocking(False)
                    closed += connection.recv(1000) != b""
                except BlockingIOError:
                    pass
                except OSError:
                    closed += 1
                finally:
                    connection.settimeout(5)
            self.assertTrue(server.healthy())
            time.sleep(0.1)
        self.assertEqual(closed, len(drips))
        self.assertLess(time.monotonic() - begin, 12)
        for connection in drips:
            connection.close()

    def test_a_client_that_leaves_frees_its_place(self):
        for how in ("close", "reset"):
            before = server.figure("tokens_predicted_total")
            connection = server.connect()
            connection.sendall(request_bytes("POST", COMPLETIONS, LONG))
            wait_until(lambda: server.figure("requests_processing") == 1, what="the text")
            if how == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            wait_until(lambda: server.figure("requests_processing") == 0, what="the end")
            self.assertLess(server.figure("tokens_predicted_total") - before, LONG["max_tokens"])

    def test_a_client_that_never_reads_is_dropped(self):
        before, connections = server.figure("tokens_predicted_total"), server.figure("http_connections")
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(request_bytes("POST", "/charrnn/v1/generate", {"max_characters": 1 << 20, "top": 40}))
        wait_until(lambda: server.figure("tokens_predicted_total") > before, what="the text")
        wait_until(lambda: server.figure("requests_processing") == 0, what="the end")
        self.assertLess(server.figure("tokens_predicted_total") - before, 1 << 20)
        wait_until(lambda: server.figure("http_connections") == connections, what="the end of the connection")
        connection.close()

    def test_a_client_that_reads_slowly_gets_all_of_its_text(self):
        body = {"prompt": "a", "max_tokens": 20000, "seed": 1, "logprobs": 5}
        whole = server.post(COMPLETIONS, body)[1]["choices"][0]["text"]
        data = b""
        with server.connect() as connection:
            connection.sendall(request_bytes("POST", COMPLETIONS, {**body, "stream": True}, {"Connection": "close"}))
            time.sleep(0.7)  # the text is long done; the stall's deadline is 1 s
            data = read_all(connection)
        self.assertEqual("".join(json.loads(e)["choices"][0]["text"] for e in events(split_reply(data)[2])[:-1]), whole)

    def test_a_full_queue_says_when_to_come_back(self):
        texts = []
        for _ in range(6):  # four under way, two waiting
            texts.append(server.connect())
            texts[-1].sendall(request_bytes("POST", COMPLETIONS, LONG))
        wait_until(lambda: server.figure("requests_processing") + server.figure("requests_deferred") == 6, what="six texts")
        status, headers, body = server.request("POST", COMPLETIONS, {"max_tokens": 1})
        self.assertEqual((status, headers["retry-after"], json.loads(body)["error"]["code"]), (503, "1", "queue_full"))
        for connection in texts:
            connection.close()
        wait_until(lambda: server.figure("requests_processing") + server.figure("requests_deferred") == 0, what="the end")
        self.assertEqual(server.post(COMPLETIONS, {"max_tokens": 1})[0], 200)

    def test_a_request_for_many_texts_lets_others_in_between(self):
        with Server(MODEL, "--parallel", "2", "--queue", "64") as small, small.connect() as greedy:
            greedy.sendall(request_bytes("POST", COMPLETIONS, {"prompt": "a", "max_tokens": 150000, "n": 16}))  # a second or more for two
            wait_until(lambda: small.figure("requests_deferred") == 14, what="sixteen texts")
            # Whoever asks next is first when one of the two lanes is free.
            other = small.connect()
            other.sendall(request_bytes("POST", COMPLETIONS, {"max_tokens": 1}, {"Connection": "close"}))
            wait_until(lambda: small.figure("requests_deferred") == 15, what="the other's text")
            self.assertEqual(status_of(read_all(other)), 200)
            self.assertGreaterEqual(small.figure("requests_deferred"), 10)

    def test_a_request_that_memory_does_not_suffice_for_fails_alone(self):
        text = {"text": "the cat sat on the mat. " * 600, "values": ["hidden", "cell", "gates"], "type": "float32"}
        with Server(MODEL) as poor:
            self.assertEqual(poor.post(COMPLETIONS, {"max_tokens": 3})[0], 200)
            self.assertEqual(poor.post("/charrnn/v1/surprise", {"text": "the cat"})[0], 200)
            with open(f"/proc/{poor.process.pid}/statm") as file:
                size = int(file.read().split()[0]) * resource.getpagesize()
            _, most = resource.prlimit(poor.process.pid, resource.RLIMIT_AS, (size + (4 << 20), resource.RLIM_INFINITY))
            status, reply = poor.post("/charrnn/v1/activations", text)
            self.assertEqual((status, reply["error"]["code"]), (503, "out_of_memory"))
            self.assertTrue(poor.healthy())
            resource.prlimit(poor.process.pid, resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
            self.assertEqual(poor.request("POST", "/charrnn/v1/activations", text)[0], 200)

    def test_five_hundred_idle_streams_take_little_and_hold_nobody_up(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
        with Server(MODEL) as many:
            before = many.memory()
            streams = []
            for _ in range(5):  # not more at once than may wait for a thread
                for _ in range(100):
                    streams.append(many.connect())
                    streams[-1].sendall(request_bytes("GET", "/charrnn/v1/events"))
                wait_until(lambda: many.figure("event_listeners") == len(streams), what=f"{len(streams)} streams")
            self.assertLess(many.memory() - before, 16 << 20)
            self.assertTrue(many.healthy())
            self.assertEqual(many.post(COMPLETIONS, {"max_tokens": 5})[0], 200)
            for stream in streams:
                stream.close()
            wait_until(lambda: many.figure("event_listeners") == 0, what="the end of the streams")

    def test_a_burst_of_connections_is_served_or_turned_away(self):
        more = min(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        resource.setrlimit(resource.RLIMIT_NOFILE, (more, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        with Server(MODEL, "--max-connections", "300") as small:
            burst = [small.connect() for _ in range(1000)]
            for connection in burst:
                connection.sendall(request_bytes("GET", "/health", headers={"Connection": "close"}))
            codes = [status_of(read_all(connection)) for connection in burst]
            for connection in burst:
                connection.close()
            self.assertLessEqual(set(codes), {200, 503})
            self.assertGreaterEqual(codes.count(200), 300)
            wait_until(small.healthy, what="health")

    def test_too_many_connections_are_turned_away(self):
        with Server(MODEL, "--max-connections", "20") as small:
            held = [small.connect() for _ in range(20)]
            wait_until(lambda: status_of(small.raw(request_bytes("GET", "/health", headers={"Connection": "close"}))) == 503, what="503")
            for connection in held:
                connection.close()
            wait_until(lambda: status_of(small.raw(request_bytes("GET", "/health", headers={"Connection": "close"}))) == 200, what="200")

    def test_a_machine_out_of_descriptors_recovers(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

        with Server(MODEL, before=few) as small:
            held = []
            for _ in range(80):
                try:
                    held.append(small.connect(2))
                except OSError:
                    break
            time.sleep(0.5)
            with open(f"/proc/{small.process.pid}/stat") as file:
                ticks = sum(map(int, file.read().split()[13:15]))
            self.assertLess(ticks / os.sysconf("SC_CLK_TCK"), 2)
            for connection in held:
                connection.close()
            wait_until(lambda: small.healthy(), what="health")


class Ending(unittest.TestCase):
    def test_sigterm_lets_texts_end_and_says_goodbye_to_streams(self):
        with Server(MODEL) as ending:
            stream, text = ending.connect(), ending.connect()
            stream.sendall(request_bytes("GET", "/charrnn/v1/events"))
            wait_until(lambda: ending.figure("event_listeners") == 1)
            text.sendall(request_bytes("POST", COMPLETIONS, {"prompt": "a", "max_tokens": 20000}))
            wait_until(lambda: ending.figure("http_connections") >= 3)
            ending.process.send_signal(signal.SIGTERM)
            self.assertIn(b"event: shutdown", read_all(stream))
            status, _, body = split_reply(read_all(text))
            self.assertEqual((status, len(json.loads(body)["choices"][0]["text"])), (200, 20000))
            self.assertEqual(ending.process.wait(10), 143)

    def test_a_stop_that_is_told_twice_is_one_stop(self):
        with Server(MODEL) as ending:
            text = ending.connect()
            text.sendall(request_bytes("POST", COMPLETIONS, {"prompt": "a", "max_tokens": 200_000}))
            wait_until(lambda: ending.figure("requests_processing") == 1)
            ending.process.send_signal(signal.SIGTERM)
            time.sleep(0.001)
            ending.process.send_signal(signal.SIGTERM)
            status, _, body = split_reply(read_all(text))  # a busy machine may not write it all in the five seconds it has
            self.assertTrue(status == 200 or (status, json.loads(body)["error"]["code"]) == (503, "stopping"), status)
            self.assertEqual(ending.process.wait(10), 143)

    def test_a_second_signal_ends_at_once(self):
        with Server(MODEL) as ending:
            text = ending.connect()
            text.sendall(request_bytes("POST", COMPLETIONS, LONG))
            wait_until(lambda: ending.figure("requests_processing") == 1)
            ending.process.send_signal(signal.SIGINT)
            time.sleep(0.3)
            ending.process.send_signal(signal.SIGINT)
            self.assertEqual(ending.process.wait(2), 130)

    def test_the_server_ends_in_time_though_texts_would_not(self):
        large = pathlib.Path(SCRATCH.name) / "large.safetensors"
        write_model(large, hidden=256)  # a million characters take it a minute, not the five seconds it has
        with Server(large) as ending:
            text = ending.connect()
            text.sendall(request_bytes("POST", "/completion", {"n_predict": -1, "prompt": "a"}))
            wait_until(lambda: ending.figure("requests_processing") == 1)
            ending.process.send_signal(signal.SIGTERM)
            status, _, body = split_reply(read_all(text))
            self.assertEqual((status, json.loads(body)["error"]["code"]), (503, "stopping"))
            self.assertEqual(ending.process.wait(9), 143)

    def test_the_server_ends_in_time_though_other_work_would_not(self):
        root = pathlib.Path(SCRATCH.name) / "long"
        (root / "run").mkdir(parents=True)
        write_model(root / "wide.safetensors", hidden=384)
        with open(root / "run" / "samples.jsonl", "wb") as file:
            file.write(b"\n" * (64 << 20))
        (root / "run" / "metrics.jsonl").touch()
        body = {"model": "wide", "text": "the cat " * 2000}
        with Server(root) as ending:
            asked = []
            for name in ("memory/average", "memory", "activations", "units/rank"):  # minutes of work for two threads
                asked.append(ending.connect())
                asked[-1].sendall(request_bytes("POST", f"/charrnn/v1/{name}", body))
            for _ in range(12):
                asked.append(ending.connect())
                asked[-1].sendall(request_bytes("GET", "/charrnn/v1/runs/run/samples"))
            wait_until(lambda: ending.figure("http_connections") >= len(asked))
            ending.process.send_signal(signal.SIGTERM)
            replies = [split_reply(read_all(connection)) for connection in asked]
            self.assertEqual(ending.process.wait(9), 143)
            for status, _, reply in replies:
                self.assertTrue(status == 200 or (status, json.loads(reply)["error"]["code"]) == (503, "stopping"), reply[:200])
            self.assertEqual(replies[0][0], 503)


if __name__ == "__main__":
    unittest.main(warnings="ignore")  # sockets that a test leaves open on purpose
