"""A run that `charrnn notebook --out` keeps, behind `charrnn serve`: the page and the API find in it what they find in any."""

import os
import pathlib
import subprocess
import unittest

from serve_support import Server, folder

CHARRNN = os.environ["CHARRNN"]


class NotebookRun(unittest.TestCase):
    def setUp(self):
        temporary = folder()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        subprocess.run([CHARRNN, "notebook", "--cell", "lstm", "--hidden-size", "12", "--embedding-size", "6", "--epochs", "3", "--length", "30",
                        "-q", "--out", "runs/small"], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    def test_it_is_served_like_any_other(self):
        for path in ("runs", "runs/small"):
            with Server(self.folder / path) as server:
                runs = server.get("/charrnn/v1/runs")[1]["runs"]
                self.assertEqual([(r["id"], r["has_model"], r["has_metrics"], r["training"]) for r in runs], [("small", True, True, False)])
                metrics = server.get("/charrnn/v1/runs/small/metrics")
                self.assertEqual(metrics[0], 200)
                samples = server.get("/charrnn/v1/runs/small/samples")[1]["samples"]
                self.assertEqual([s["step"] for s in samples], [33, 33])
                self.assertTrue(samples[0]["text"].startswith("natural language"), samples)
                self.assertIn(b'cell = "lstm"', server.request("GET", "/charrnn/v1/runs/small/config")[2])
                status, reply = server.post("/v1/completions", {"prompt": "natural ", "max_tokens": 5, "seed": 1})[:2]
                self.assertEqual((status, len(reply["choices"][0]["text"])), (200, 5))


if __name__ == "__main__":
    unittest.main(warnings="ignore")
