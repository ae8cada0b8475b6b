#!/usr/bin/python3
"""A long text made of a shorter one: stretches of two to eight words from anywhere in it.

    bench/long_text.py TEXT CHARACTERS >long.txt      such as 102000000; the same bytes each time

For the speed of `charrnn data long.txt` and of training on much text: such a text has the words of the other, and does
not repeat more than short stretches of it.
"""

import random
import sys


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.rstrip())
    with open(sys.argv[1], encoding="utf-8") as file:
        words = file.read().split(" ")
    draw = random.Random(5)
    left = int(sys.argv[2])
    while left > 0:
        first = draw.randrange(len(words))
        stretch = " ".join(words[first : first + 2 + draw.randrange(7)]) + " "
        sys.stdout.write(stretch[:left])
        left -= len(stretch)


if __name__ == "__main__":
    main()
