#!/usr/bin/env python3
"""Writes gradients.json: what PyTorch computes for three small networks, in double.

Run with any PyTorch: python3 tests/torch/make_gradients.py > tests/torch/gradients.json
The tests of first values and of the reference engine read the file, so they need no PyTorch.
"""
import json
import sys

import torch
from torch import nn

VOCABULARY, EMBEDDING, HIDDEN, LAYERS = 7, 3, 5, 2
STEPS, STREAMS, SEED = 6, 3, 1234
# First values lie near the origin, where many mistakes are too small to see.
SCALE = 3.0
# Powers of two and sums of few of them: exact in float32 and double.
LEARNING_RATE, BETA1, BETA2, EPSILON, CLIP = 1 / 256, 0.875, 0.9375, 2.0**-20, 0.125


class CharRnn(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, EMBEDDING)
        self.rnn = getattr(nn, cell)(EMBEDDING, HIDDEN, LAYERS)
        self.fc = nn.Linear(HIDDEN, VOCABULARY)

    def forward(self, ids, state):
        output, state = self.rnn(self.embedding(ids), state)
        return self.fc(output), state


def numbers(tensor, digits):
    return [float(f"{value:.{digits}g}") for value in tensor.detach().flatten().tolist()]


def tensors(network, of, digits=9):
    return {name: numbers(of(value), digits) for name, value in network.named_parameters()}


def example(cell):
    torch.manual_seed(SEED)
    network = CharRnn(cell)
    initial = tensors(network, lambda value: value)
    with torch.no_grad():
        for value in network.parameters():
            value.mul_(SCALE)
    network.double()
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(VOCABULARY, (STEPS + 1, STREAMS), generator=generator)
    states = 2 if cell == "LSTM" else 1
    start = torch.randint(-8, 9, (states, LAYERS, STREAMS, HIDDEN), generator=generator).double() / 8
    state = (start[0], start[1]) if states == 2 else start[0]
    cross_entropy = nn.CrossEntropyLoss()

    def loss(objective, state):
        logits, state = network(ids[:-1], state)
        targets = ids[1:]
        if objective == "last":
            logits, targets = logits[-1:], targets[-1:]
        return cross_entropy(logits.reshape(-1, VOCABULARY), targets.reshape(-1)), state

    result = {"initial": initial, "inputs": ids[:-1].flatten().tolist(),
              "targets": ids[1:].flatten().tolist(),
              # [layers][states][streams][hidden_size]
              "state": numbers(start.transpose(0, 1), 9)}
    for objective in ("all", "last"):
        network.zero_grad()
        value, after = loss(objective, state)
        value.backward()
        result[objective] = {"loss": value.item(), "gradient": tensors(network, lambda w: w.grad)}
    after = torch.stack(after) if states == 2 else after[None]
    result["state_after"] = numbers(after.transpose(0, 1), 9)

    optimizer = torch.optim.Adam(network.parameters(), LEARNING_RATE, (BETA1, BETA2), EPSILON)
    norms, losses = [], []
    for _ in range(2):
        optimizer.zero_grad()
        value, state = loss("all", state)
        value.backward()
        state = tuple(s.detach() for s in state) if states == 2 else state.detach()
        norms.append(nn.utils.clip_grad_norm_(network.parameters(), CLIP).item())
        losses.append(value.item())
        optimizer.step()
    result["adam"] = {"losses": losses, "norms": norms, "weights": tensors(network, lambda w: w)}
    return result


def main():
    document = {"torch": torch.__version__, "vocabulary_size": VOCABULARY,
                "embedding_size": EMBEDDING, "hidden_size": HIDDEN, "layers": LAYERS,
                "steps": STEPS, "streams": STREAMS, "seed": SEED, "scale": SCALE,
                "learning_rate": LEARNING_RATE, "beta1": BETA1, "beta2": BETA2,
                "epsilon": EPSILON, "clip": CLIP,
                "cells": {cell.lower(): example(cell) for cell in ("RNN", "LSTM", "GRU")}}
    json.dump(document, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
