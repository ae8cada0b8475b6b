"""The published OpenAI client for Node speaks to the server. Skipped where there is no node, npm or package registry."""

import pathlib
import subprocess
import sys

from npm_support import installed
from serve_support import Server, folder, sample, write_model

place = installed("openai")
with folder() as scratch:
    model = pathlib.Path(scratch) / "small.safetensors"
    write_model(model)
    (expected,) = sample(model, "the ", 7, 40)
    with Server(model) as server:
        sys.exit(subprocess.run(["node", "completions.mjs", f"http://127.0.0.1:{server.port}", expected], cwd=place).returncode)
