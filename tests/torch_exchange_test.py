"""Models go to PyTorch and come back: a file that charrnn writes loads into the notebook's class and predicts the same,
and a file of PyTorch's state_dict is a model for charrnn. All parameters are random, sizes odd."""

import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile

try:
    import numpy
    import torch.nn  # `torch` alone may be the folder beside this file
except ImportError as error:
    print(f"skipped: {error} (Debian's package is python3-torch)")
    sys.exit(77)

from char_rnn import CELLS, CharRNN, randomize
import numpy_safetensors

ALPHABET = "\n !,.?abcdefghijklmnoprstuvwyzäéß√中😀"
OTHER_NAMES = {"embedding.weight": "encoder.weight", "fc.weight": "decoder.weight", "fc.bias": "decoder.bias"}
failures = []


def charrnn(*words):
    done = subprocess.run([os.environ["CHARRNN"], *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"charrnn {' '.join(map(str, words))}: {done.returncode}\n{done.stderr}")
    return done.stdout


def expect_near(what, found, expected, tolerance):
    if not abs(found - expected) <= tolerance:
        failures.append(f"{what}: {found}, {expected} expected")


def torch_loss(model, ids):
    with torch.no_grad():
        scores, _ = model(torch.tensor([ids[:-1]]))
        return torch.nn.functional.cross_entropy(scores[0].double(), torch.tensor(ids[1:])).item()


def random_text(words, seed):
    """Words of the whole alphabet in random order: there is something to learn."""
    generator = random.Random(seed)
    return "".join(ALPHABET[7 * k % 31 : 7 * k % 31 + 5] for k in (generator.randrange(9) for _ in range(words)))


def compare(name, model, path, characters, folder, *options):
    """charrnn eval on the file against PyTorch's loss of the module."""
    ids = {character: i for i, character in enumerate(characters)}
    text = random_text(203, len(name))
    (folder / "eval.txt").write_bytes(text.encode())
    found = json.loads(charrnn("eval", path, folder / "eval.txt", "--json", *options))
    expected = torch_loss(model, [ids[character] for character in text])
    expect_near(f"{name}: loss", found["loss"], expected, 2e-5)
    expect_near(f"{name}: predicted", found["predicted"], len(text) - 1, 0)
    # A model that ignored its input, or had its ids mixed up, would not be far off an even guess.
    if abs(expected - math.log(len(characters))) < 0.02:
        failures.append(f"{name}: the loss {expected} says nothing")


def from_torch(cell, layers, hidden, embedding, dtype, rename, metadata, folder):
    name = f"from PyTorch: {cell}, {layers} × {hidden}, {dtype}"
    characters = list(ALPHABET)
    random.Random(hidden).shuffle(characters)
    model = randomize(CharRNN(len(characters), embedding, hidden, layers, cell), hidden)
    tensors = {}
    for key, value in model.state_dict().items():
        tensors[rename.get(key, key)] = value.numpy().astype(dtype)
        value.copy_(torch.from_numpy(tensors[rename.get(key, key)].astype("float32")))
    path = folder / "model.safetensors"
    numpy_safetensors.save(path, tensors, {"format": "pt", "vocabulary": json.dumps(characters), **metadata})
    compare(name, model, path, characters, folder)


def from_torch_save(name, cell, layers, hidden, folder, change=lambda model: model.state_dict(), **options):
    """A state dict as torch.save writes it, and what people save in its place."""
    characters = list(ALPHABET)
    random.Random(hidden).shuffle(characters)
    model = randomize(CharRNN(len(characters), hidden, hidden, layers, cell), hidden)
    if name == "tied":
        model.fc.weight = model.embedding.weight
    (folder / "characters.json").write_text(json.dumps(characters))
    torch.save(change(model), folder / "model.pt", **options)
    compare(f"torch.save: {name}, {cell}", model, folder / "model.pt", characters, folder,
            "--vocabulary", folder / "characters.json")


def to_torch(cell, layers, hidden, embedding, folder):
    name = f"to PyTorch: {cell}, {layers} × {hidden}"
    run = folder / f"run_{cell}"
    (folder / "train.txt").write_bytes((ALPHABET + random_text(600, layers)).encode())
    charrnn("train", folder / "train.txt", "-o", run, "--cell", cell, "--layers", layers, "--hidden-size", hidden,
            "--embedding-size", embedding, "--steps", 40, "--seq-length", 17, "--batch-size", 5, "--learning-rate", 0.05,
            "--quiet")  # fmt: skip
    tensors, metadata = numpy_safetensors.load(run / "model.safetensors")
    characters = json.loads(metadata["vocabulary"])
    model = CharRNN(len(characters), embedding, hidden, layers, cell)
    model.load_state_dict({key: torch.from_numpy(value) for key, value in tensors.items()})
    if characters != sorted(ALPHABET):
        failures.append(f"{name}: the vocabulary is {characters}")
    for key, value in {"format": "pt", "cell": cell, "layers": str(layers), "hidden_size": str(hidden),
                       "embedding_size": str(embedding), "lowercase": "false", "encoding": "utf-8"}.items():  # fmt: skip
        if metadata.get(key) != value:
            failures.append(f"{name}: metadata {key} = {metadata.get(key)}")
    compare(name, model, run, characters, folder)


with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary)
    from_torch("rnn", 1, 1, 1, "float32", {}, {}, folder)
    from_torch("rnn", 3, 33, 16, "float64", {}, {"cell": "rnn"}, folder)
    from_torch("lstm", 2, 19, 7, "float32", OTHER_NAMES, {"lowercase": "False"}, folder)
    from_torch("lstm", 1, 64, 33, "float16", {}, {}, folder)
    from_torch("gru", 2, 19, 7, "float32", {}, {"layers": "2", "hidden_size": "19"}, folder)
    from_torch("gru", 4, 7, 5, "float32", OTHER_NAMES, {}, folder)
    from_torch_save("state dict", "rnn", 2, 13, folder)
    from_torch_save("protocol 4", "lstm", 1, 9, folder, pickle_protocol=4)
    from_torch_save("tied", "gru", 1, 11, folder)
    from_torch_save("parameters", "gru", 2, 7, folder, lambda model: dict(model.named_parameters()))
    from_torch_save("training", "lstm", 2, 12, folder, lambda model: {
        "model": model.state_dict(), "epoch": 3, "optimizer": torch.optim.Adam(model.parameters()).state_dict()})  # fmt: skip
    from_torch_save("transposed", "rnn", 1, 10, folder, lambda model: {
        key: value.t().contiguous().t() if value.dim() == 2 else value for key, value in model.state_dict().items()})  # fmt: skip
    for number, cell in enumerate(CELLS, 1):
        to_torch(cell, number, 16 * number + 3, 7, folder)

print("\n".join(failures) or "15 models went between charrnn and PyTorch")
sys.exit(1 if failures else 0)
