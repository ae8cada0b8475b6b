"""PyTorch's side of compare_pytorch_cuda.py: one process for all works and settings.

    pytorch_cuda_worker.py cuda|cpu

Says first {"torch", "cudnn", "device"}, then answers each line of stdin, {"work", "setting", "seconds"}, with
{"read", "ahead", "loss"}: characters a second with the loss read after every step, the same without waiting for it,
and the loss at the end; or with {"error"}, and "capture" where only the CUDA graph failed, "unsuited" where nothing was
begun. After any other error the device may be unusable: the process ends.
WORK: {"cell", "layers", "hidden_size", "embedding_size", "vocabulary_size", "streams", "steps", "last_step"}.
SETTING: {"dtype": "f32"|"f16"|"bf16", "layout": "stack"|"whole", "wide", "one_hot", "autocast", "graph"}.
On a CPU only the logic can be tried, without graphs.
"""

import collections
import contextlib
import gc
import json
import os
import sys
import time
import traceback

import torch
import torch.nn as nn
import torch.nn.functional as F

DEVICE = torch.device(sys.argv[1])
CUDA = DEVICE.type == "cuda"
DTYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}
LOSS_SCALE = 1024.0  # float16 only: one gradient's elements are about 1 / (streams × steps)
STEPS_AHEAD = 3

torch.manual_seed(1)
if CUDA:
    STREAM = torch.cuda.Stream()  # one for all: each keeps cuBLAS workspaces of its own
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    if torch.cudnn_is_acceptable(torch.zeros(1, dtype=torch.bfloat16, device=DEVICE)):
        # flatten_parameters() asks this list, not cuDNN: what is left out of it has its weights copied at each call.
        torch.backends.cudnn.CUDNN_TENSOR_DTYPES.add(torch.bfloat16)


class Unsuited(Exception):
    """A setting that this PyTorch cannot run, found before the device was touched."""


class CaptureFailed(Exception):
    pass


class Network(nn.Module):
    """Embedding → recurrent layers → linear, time-major."""

    def __init__(self, work, setting):
        super().__init__()
        # cuDNN keeps the weights on the chip (PERSIST_STATIC) only for one layer of float16 whose input is a multiple
        # of 128: hence one module a layer, and an embedding wider than asked for.
        width = -(-work["embedding_size"] // 128) * 128 if setting["wide"] else work["embedding_size"]
        kind = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[work["cell"]]
        layers, hidden = work["layers"], work["hidden_size"]
        self.embedding = nn.Embedding(work["vocabulary_size"], width)
        if setting["layout"] == "stack":
            self.rnns = nn.ModuleList(kind(hidden if i else width, hidden) for i in range(layers))
        else:
            self.rnns = nn.ModuleList([kind(width, hidden, layers)])
        self.fc = nn.Linear(hidden, work["vocabulary_size"])
        self.one_hot = setting["one_hot"]
        self.register_buffer("rows", torch.eye(work["vocabulary_size"]))

    def forward(self, ids, states, last_only):
        """Takes and returns states as [[h] or [h, c] for each module]."""
        if self.one_hot:  # products instead of a gather, whose gradient needs a sort
            out = F.embedding(ids, self.rows) @ self.embedding.weight
        else:
            out = self.embedding(ids)
        after = []
        for rnn, state in zip(self.rnns, states):
            out, new = rnn(out, tuple(state) if len(state) > 1 else state[0])
            after.append(list(new) if isinstance(new, tuple) else [new])
        return self.fc(out[-1] if last_only else out), after


def copy_all(into, out_of):
    if hasattr(torch, "_foreach_copy_"):
        torch._foreach_copy_(into, out_of)
    else:
        for to, source in zip(into, out_of):
            to.copy_(source)


class Training:
    """A training step on fixed buffers, so that one CUDA graph can capture it."""

    def __init__(self, work, setting):
        self.dtype = DTYPES[setting["dtype"]]
        if CUDA and not torch.cudnn_is_acceptable(torch.zeros(1, dtype=self.dtype, device=DEVICE)):
            raise Unsuited(f"cuDNN takes no {setting['dtype']} here")
        self.autocast = setting["autocast"]
        # Without autocast the network is kept in its dtype, and the optimizer works on float32 masters of its weights.
        has_masters = self.dtype != torch.float32 and not self.autocast
        self.network = Network(work, setting).to(DEVICE, self.dtype if has_masters else torch.float32)
        for rnn in self.network.rnns:
            rnn.flatten_parameters()
        self.weights = list(self.network.parameters())
        self.masters = [w.detach().float().requires_grad_() for w in self.weights] if has_masters else self.weights
        if has_masters:
            for master in self.masters:
                master.grad = torch.zeros_like(master)
        extra = {"fused": True, "capturable": True} if CUDA else {}
        self.optimizer = torch.optim.Adam(self.masters, lr=0.003, **extra)
        self.scale = torch.tensor(LOSS_SCALE if self.dtype == torch.float16 else 1.0, device=DEVICE)
        self.least_divisor = float(self.scale)

        steps, streams = work["steps"], work["streams"]
        self.characters = steps * streams
        self.vocabulary = work["vocabulary_size"]
        self.last_only = work["last_step"]
        targets = streams if self.last_only else self.characters
        self.host_ids = torch.randint(self.vocabulary, (self.characters + targets,))
        if CUDA:
            self.host_ids = self.host_ids.pin_memory()
        self.device_ids = self.host_ids.to(DEVICE)
        self.ids = self.device_ids[:self.characters].view(steps, streams)
        self.targets = self.device_ids[self.characters:]
        parts = 2 if work["cell"] == "lstm" else 1
        self.states = [[torch.zeros(rnn.num_layers, streams, work["hidden_size"], dtype=self.dtype, device=DEVICE)
                        for _ in range(parts)] for rnn in self.network.rnns]
        self.graph = None
        if CUDA:
            self.warm_up(setting["graph"])

    def warm_up(self, graph):
        """Three steps on a side stream, as a capture needs: moments, handles and workspaces are made there."""
        STREAM.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(STREAM):
            for _ in range(3):
                self.loss = self.compute()
        torch.cuda.current_stream().wait_stream(STREAM)
        torch.cuda.synchronize()
        if not graph:
            return
        try:
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph, stream=STREAM):
                self.loss = self.compute()
        except RuntimeError as error:
            raise CaptureFailed(str(error)) from error

    def cast(self):
        if not self.autocast:
            return contextlib.nullcontext()
        return torch.autocast(DEVICE.type, self.dtype, cache_enabled=False)

    def compute(self):
        """Everything between the upload of the ids and the reading of the loss; nothing here waits for the device."""
        with self.cast():
            scores, states = self.network(self.ids, self.states, self.last_only)
            logs = F.log_softmax(scores.reshape(-1, self.vocabulary), 1, dtype=torch.float32)
            # The mean inside nll_loss is one thread block's work: slow where there are many rows.
            if len(self.targets) > 8192:
                loss = F.nll_loss(logs, self.targets, reduction="none").mean()
            else:
                loss = F.nll_loss(logs, self.targets)
        # Gradients as results, not in .grad: nothing has to be zeroed or added.
        gradients = torch.autograd.grad(loss, self.weights, grad_outputs=self.scale)
        with torch.no_grad():
            if self.masters is self.weights:
                for weight, gradient in zip(self.weights, gradients):
                    weight.grad = gradient.contiguous()  # it is, but fused Adam depends on it
            else:
                copy_all([master.grad for master in self.masters], gradients)
            self.clip_and_update()
            if self.masters is not self.weights:
                copy_all(self.weights, self.masters)
            copy_all([part for state in self.states for part in state], [part for state in states for part in state])
        return loss.detach()

    def clip_and_update(self):
        gradients = [master.grad for master in self.masters]
        if not CUDA:
            for gradient in gradients:
                gradient.div_(self.scale)
            torch.nn.utils.clip_grad_norm_(self.masters, 1.0)
            self.optimizer.step()
            return
        # gradient / scale · min(1, 1 / (norm / scale)) = gradient / max(scale, norm): fused Adam divides by that on the
        # way, which saves clip_grad_norm_'s pass over the gradients and the one that unscales them.
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        self.optimizer.grad_scale = norm.clamp(min=self.least_divisor)
        self.optimizer.step()

    def step(self):
        self.device_ids.copy_(self.host_ids, non_blocking=True)
        if self.graph:
            self.graph.replay()
        else:
            self.loss = self.compute()

    def speed(self, seconds, read):
        """Characters a second, with the loss read after each step or with the host some steps ahead of the device."""
        self.step()
        synchronize()
        steps, marks = 0, collections.deque()
        start = time.perf_counter()
        while time.perf_counter() - start < seconds:
            self.step()
            steps += 1
            if read:
                self.loss.item()
            elif CUDA:
                marks.append(torch.cuda.Event())
                marks[-1].record()
                if len(marks) > STEPS_AHEAD:
                    marks.popleft().synchronize()
        synchronize()
        return steps * self.characters / (time.perf_counter() - start)


def synchronize():
    if CUDA:
        torch.cuda.synchronize()


def answer(request, trainings):
    key = json.dumps([request["work"], request["setting"]])
    if key not in trainings:
        while len(trainings) > 1:  # the two that meet in turn stay
            trainings.pop(next(iter(trainings)))
            gc.collect()
            if CUDA:
                torch.cuda.empty_cache()
        trainings[key] = Training(request["work"], request["setting"])
    training = trainings[key]
    half = request["seconds"] / 2
    read, ahead = training.speed(half, True), training.speed(half, False)
    return {"read": read, "ahead": ahead, "loss": training.loss.item()}


def told(error):
    """What and where in one line."""
    error = error.__cause__ or error
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if "worker" in frame.filename]
    what = str(error).strip().split("\n")[0]
    return f"{type(error).__name__}: {what} (line {lines[-1] if lines else '?'})"


def main():
    trainings = {}
    gc.collect()
    gc.freeze()  # makes the collections between settings short
    gc.disable()  # and none may end a graph while another is captured
    name = torch.cuda.get_device_name(DEVICE) if CUDA else "cpu"
    print(json.dumps({"torch": torch.__version__, "cudnn": torch.backends.cudnn.version(), "device": name}), flush=True)
    for line in sys.stdin:
        try:
            result = answer(json.loads(line), trainings)
        except Unsuited as error:
            result = {"error": str(error), "unsuited": True}
        except Exception as error:
            print(json.dumps({"error": told(error), "capture": isinstance(error, CaptureFailed)}), flush=True)
            os._exit(1)  # a device in an unknown state can hold up an orderly end
        print(json.dumps(result), flush=True)


main()
