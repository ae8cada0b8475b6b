"""README's lines for PyTorch work as pasted on README's own run, and predict what charrnn predicts."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import types

try:
    import numpy  # noqa: F401  of numpy_safetensors
    import torch.nn
except ImportError as error:
    print(f"skipped: {error} (Debian's package is python3-torch)")
    sys.exit(77)

import numpy_safetensors

TEXT = "the sea was calm, the sea was grey. " * 40


class SafeOpen:
    """What README uses of the package safetensors, which Debian lacks."""

    def __init__(self, path, framework):
        assert framework == "pt"
        self.tensors, self.facts = numpy_safetensors.load(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def keys(self):
        return self.tensors.keys()

    def get_tensor(self, name):
        return torch.from_numpy(self.tensors[name])

    def metadata(self):
        return self.facts


def run(*words):
    return subprocess.run([os.environ["CHARRNN"], *words], check=True, capture_output=True, text=True).stdout


def main():
    readme = (pathlib.Path(os.environ["CHARRNN_SOURCE"]) / "README.md").read_text()
    lines = re.search(r"```python\n(import torch\n.*?)```", readme, re.DOTALL)[1]
    try:
        import safetensors  # noqa: F401
    except ImportError:
        sys.modules["safetensors"] = types.SimpleNamespace(safe_open=SafeOpen)
    failures = []
    with tempfile.TemporaryDirectory(prefix="charrnn-readme-") as folder:
        os.chdir(folder)
        pathlib.Path("book.txt").write_text(TEXT)
        for options in ([], ["--cell", "lstm", "--layers", "2"], ["--cell", "rnn"]):
            run("train", "book.txt", "--hidden-size", "13", "--embedding-size", "5", "--steps", "9", "-q", "--force", *options)
            names = {}
            exec(lines, names)  # what a reader pastes
            vocabulary = json.loads(names["about"]["vocabulary"])
            ids = torch.tensor([[vocabulary.index(c) for c in TEXT]])
            with torch.no_grad():
                logits, _ = names["model"](ids[:, :-1])
            loss = torch.nn.functional.cross_entropy(logits[0], ids[0, 1:]).item()
            found = json.loads(run("eval", "runs/book", "book.txt", "--json"))["loss"]
            if abs(found - loss) > 1e-4:
                failures.append(f"{options}: {found} by charrnn, {loss} by PyTorch")
    print("\n".join(failures) or "README's lines read README's run")
    return 1 if failures else 0


sys.exit(main())
