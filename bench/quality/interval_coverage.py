#!/usr/bin/env python3
"""How often the margin of `charrnn eval` holds the loss of a whole text, for pieces of it.

A network is trained on the first 30 % of each text and reads the rest. The rest is cut into pieces;
each piece's mean loss and margin are held against the mean of the whole rest. "In one place": a
piece is one passage. "From all over": a piece of the same length is put together from 32 stretches
at random places. Prints a table in Markdown. About 40 seconds a text.

  bench/quality/interval_coverage.py build/charrnn NAME=TEXT…
"""

import json
import math
import random
import subprocess
import sys
import tempfile
from itertools import accumulate
from pathlib import Path

BATCHES = 32  # as in src/base/mean_interval.cc, with Student's t for 31 degrees of freedom
STUDENT = 2.040
SIZES = (1000, 6000, 20000)


def surprisals(charrnn, text, folder):
    """In bits, of the last 70 % of a text, and the program's own margin in nats."""
    content = Path(text).read_bytes()
    cut = content.index(b'\n', int(0.3 * len(content))) + 1
    first, rest, run = folder / 'first.txt', folder / 'rest.txt', folder / 'run'
    first.write_bytes(content[:cut])
    rest.write_bytes(content[cut:])
    subprocess.run(
        [charrnn, 'train', first, '-o', run, '--hidden-size', '128', '--epochs', '3', '--seed', '1', '-q'],
        check=True,
    )
    found = subprocess.run(
        [charrnn, 'eval', run, rest, '--surprise', '--json', '--unknown', 'skip'],
        check=True,
        capture_output=True,
    )
    report = json.loads(found.stdout)
    return report['surprise'], report['loss_margin'] / math.log(2)


def margin(means):
    mean = sum(means) / len(means)
    return STUDENT * math.sqrt(sum((m - mean) ** 2 for m in means) / (len(means) - 1) / len(means))


def coverage(values, check):
    sums = [0.0, *accumulate(values)]
    size = len(values)
    whole = sums[-1] / size

    def mean(begin, end):
        return (sums[end] - sums[begin]) / (end - begin)

    def batches(begin, count):
        return [mean(begin + i * count // BATCHES, begin + (i + 1) * count // BATCHES) for i in range(BATCHES)]

    assert abs(margin(batches(0, size)) - check) < 1e-4, 'the margin is not that of the program'
    generator = random.Random(1)
    cells = []
    for count in SIZES:
        begins = range(0, size - count + 1, count)
        if len(begins) < 20:
            cells.append('–')
            continue
        held = sum(abs(mean(b, b + count) - whole) <= margin(batches(b, count)) for b in begins)
        stretch = count // BATCHES
        scattered = 0
        for _ in range(500):
            places = [generator.randrange(size - stretch) for _ in range(BATCHES)]
            means = [mean(place, place + stretch) for place in places]
            scattered += abs(sum(means) / BATCHES - whole) <= margin(means)
        cells.append(f'{100 * held / len(begins):.0f} / {100 * scattered / 500:.0f}')
    return cells


def main():
    charrnn = Path(sys.argv[1]).resolve()
    print('| text | ' + ' | '.join(f'{count:,}' for count in SIZES) + ' |')
    print('|---' * (len(SIZES) + 1) + '|')
    for argument in sys.argv[2:]:
        name, text = argument.split('=', 1)
        with tempfile.TemporaryDirectory() as folder:
            values, own = surprisals(charrnn, text, Path(folder))
        print('| ' + ' | '.join([name, *coverage(values, own)]) + ' |', flush=True)


if __name__ == '__main__':
    main()
