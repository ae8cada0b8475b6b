"""A short soak: whatever clients do, descriptors, threads and memory stay as they were (bench/serve_load.py soak runs for
as long as one likes)."""

import pathlib
import time
import unittest

from serve_soak import Soak, state_of
from serve_support import Server, folder, wait_until, write_model

SECONDS = 8


class Soaked(unittest.TestCase):
    def test_nothing_grows_and_nobody_is_let_down(self):
        with folder() as scratch:
            model = pathlib.Path(scratch) / "small.safetensors"
            write_model(model)
            with Server(model) as server:
                states = []
                for seed in (1, 100, 200):
                    soak = Soak(server, seed).run(SECONDS)
                    self.assertEqual(soak.problems, [])
                    self.assertEqual(len(soak.counts), 9, soak.counts)
                    wait_until(lambda: server.figure("http_connections") == 1 and server.figure("requests_processing") == 0, what="rest")
                    time.sleep(0.2)
                    states.append(state_of(server))
                (descriptors, threads, memory), last = states[1], states[-1]
                self.assertLessEqual(last[0], descriptors + 1)
                self.assertEqual(last[1], threads)
                self.assertLess(last[2] - memory, 12 << 20)
                self.assertTrue(server.healthy())


if __name__ == "__main__":
    unittest.main(warnings="ignore")
