"""What the example of docs/export.md uses of Python's onnxruntime, by way of the one for Node (session.mjs), where Python has none."""

import json
import os
import subprocess
import types

import numpy
import onnx


class InferenceSession:
    def __init__(self, file):
        self._file = os.path.abspath(file)
        self._node = subprocess.Popen(["node", "session.mjs", self._file], cwd=os.environ["ONNXRUNTIME_FOR_NODE"],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
        self._names = json.loads(self._node.stdout.readline())

    def get_modelmeta(self):
        properties = onnx.load(self._file).metadata_props
        return types.SimpleNamespace(custom_metadata_map={entry.key: entry.value for entry in properties})

    def get_inputs(self):
        return [types.SimpleNamespace(name=name) for name in self._names]

    def run(self, outputs, feeds):
        assert outputs is None
        arrays = {name: {"type": str(array.dtype), "shape": array.shape, "values": array.ravel().tolist()} for name, array in feeds.items()}
        print(json.dumps(arrays), file=self._node.stdin, flush=True)
        results = json.loads(self._node.stdout.readline())
        return [numpy.array(result["values"], "float32").reshape(result["shape"]) for result in results]
