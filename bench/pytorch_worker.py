"""PyTorch's side of compare_pytorch.py: one process, one setting of threads and libraries.

Reads lines "WORK SECONDS" from stdin, answers each with one JSON line {"characters_per_second": …}.
WORK is JSON: {"kind": "train"|"sample"|"notebook", "cell", "layers", "hidden_size", "embedding_size",
"vocabulary_size", "streams", "steps", "last_step", "bf16"}.
"""

import contextlib
import json
import os
import sys
import time

import torch
import torch.nn as nn

torch.set_num_threads(int(os.environ.get("WORKER_THREADS", "1")))
torch.set_flush_denormal(True)
torch.manual_seed(1)


class Network(nn.Module):
    """Embedding → recurrent layers → linear, time-major (PyTorch's faster layout)."""

    def __init__(self, work):
        super().__init__()
        self.embedding = nn.Embedding(work["vocabulary_size"], work["embedding_size"])
        kind = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[work["cell"]]
        self.rnn = kind(work["embedding_size"], work["hidden_size"], work["layers"])
        self.fc = nn.Linear(work["hidden_size"], work["vocabulary_size"])

    def forward(self, ids, state, last_only):
        out, state = self.rnn(self.embedding(ids), state)
        return self.fc(out[-1] if last_only else out), state


def detached(state):
    if state is None:
        return None
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


def adam(network, learning_rate):
    for extra in ({"fused": True}, {"foreach": True}, {}):
        try:
            return torch.optim.Adam(network.parameters(), lr=learning_rate, **extra)
        except (TypeError, RuntimeError):
            continue
    raise RuntimeError("no Adam")


def precision_of(work):
    return torch.autocast("cpu", torch.bfloat16) if work.get("bf16") else contextlib.nullcontext()


class Training:
    def __init__(self, work):
        self.network = Network(work)
        self.optimizer = adam(self.network, 0.003)
        self.last_only = last_only = work.get("last_step", False)
        self.vocabulary = work["vocabulary_size"]
        shape = (work["steps"], work["streams"])
        self.ids = torch.randint(self.vocabulary, shape)
        self.targets = torch.randint(self.vocabulary, shape[1:] if last_only else shape)
        self.state = None
        self.characters = shape[0] * shape[1]
        self.work = work

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        with precision_of(self.work):
            scores, state = self.network(self.ids, detached(self.state), self.last_only)
            loss = nn.functional.cross_entropy(scores.reshape(-1, self.vocabulary).float(), self.targets.reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.state = state
        loss.item()
        return self.characters


class Sampling:
    def __init__(self, work):
        self.work = work
        self.network = Network(work).eval()
        self.ids = torch.zeros((1, work["streams"]), dtype=torch.long)
        self.state = None

    def step(self):
        with torch.inference_mode(), precision_of(self.work):
            scores, self.state = self.network(self.ids, self.state, True)
            self.ids = torch.multinomial(torch.softmax(scores.float(), 1), 1).reshape(1, -1)
        return self.ids.shape[1]


class NotebookTraining:
    """The notebook's 165 steps: 15 epochs of 11 batches of 64 windows, 40 characters, loss at the last."""

    def __init__(self, work):
        self.work = work

    def step(self):
        training = Training({**self.work, "last_step": True})
        for epoch in range(15):
            training.state = None
            for _ in range(11):
                training.step()
        return 165 * training.characters


works = {}
for line in sys.stdin:
    description, seconds = line.rsplit(" ", 1)
    if description not in works:
        work = json.loads(description)
        works[description] = {"train": Training, "sample": Sampling, "notebook": NotebookTraining}[work["kind"]](work)
        if work["kind"] != "notebook":
            for _ in range(3):
                works[description].step()
    start = time.perf_counter()
    characters = 0
    while True:
        characters += works[description].step()
        elapsed = time.perf_counter() - start
        if elapsed >= float(seconds):
            break
    print(json.dumps({"characters_per_second": characters / elapsed}), flush=True)
