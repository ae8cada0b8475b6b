#!/usr/bin/env python3
"""Draws what a command prints on a terminal as an SVG picture, for the documents.

    scripts/terminal_picture.py --lines 1-24 docs/images/notebook.svg build/charrnn notebook

Colours are those of the sixteen-colour and 256-colour escape sequences; a live line that is redrawn is drawn as it was left.
"""

import argparse
import html
import os
import pty
import re
import select
import sys

FOREGROUND, BACKGROUND = "#d8dee9", "#20242c"
COLORS = ["#2e3440", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dee9",
          "#7f848e", "#ef8b94", "#b5e0a0", "#f0d399", "#8cc8ff", "#dca0ec", "#7fd4de", "#ffffff"]
WIDTH, HEIGHT, MARGIN = 8.43, 19, 18  # of a character, of a line, around all (14 px monospace)


def printed(command, columns):
    """What the command writes to a terminal of so many columns, as text with escape sequences."""
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update({"TERM": "xterm-256color", "COLUMNS": str(columns)})
        os.execvp(command[0], command)
    data = b""
    while True:
        select.select([terminal], [], [])
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        data += piece
    os.waitpid(process, 0)
    return data.decode("utf-8", "replace").replace("\r\n", "\n")


def color(number):
    if number < 16:
        return COLORS[number]
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    levels = [0, 95, 135, 175, 215, 255]
    number -= 16
    return "#%02x%02x%02x" % (levels[number // 36], levels[number // 6 % 6], levels[number % 6])


def styled_cells(line):
    """One line of the screen as (character, foreground, background, bold) cells."""
    cells, style, column = [], [None, None, False], 0
    for escape, character in re.findall(r"\x1b\[([0-9;?]*[A-Za-z])|(.)", line, re.S):
        if character == "\r":
            column = 0
        elif character:
            cells[column:column + 1] = [(character, *style)]
            column += 1
        elif escape.endswith("K"):
            del cells[column:]
        elif escape.endswith("m"):
            apply(style, [int(part or 0) for part in escape[:-1].split(";")])
    return cells


def apply(style, codes):
    while codes:
        code = codes.pop(0)
        if code == 0:
            style[:] = [None, None, False]
        elif code == 1:
            style[2] = True
        elif code == 2:
            style[0] = COLORS[8]
        elif code in (38, 48) and codes[:1] == [5]:
            style[0 if code == 38 else 1] = color(codes[1])
            del codes[:2]
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style[0] = COLORS[code - 30 if code < 90 else code - 82]
        elif 40 <= code <= 47:
            style[1] = COLORS[code - 40]


def svg(lines, columns):
    width = columns * WIDTH + 2 * MARGIN
    height = len(lines) * HEIGHT + 2 * MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" font-size="14" '
           f'font-family="ui-monospace, Menlo, Consolas, monospace">',
           f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>']
    for row, line in enumerate(lines):
        cells = styled_cells(line)
        start = 0
        while start < len(cells):
            end = start
            while end < len(cells) and cells[end][1:] == cells[start][1:]:
                end += 1
            text = "".join(cell[0] for cell in cells[start:end])
            _, foreground, background, bold = cells[start]
            x, y = MARGIN + start * WIDTH, MARGIN + row * HEIGHT
            if background:
                out.append(f'<rect x="{x:.1f}" y="{y}" width="{(end - start) * WIDTH:.1f}" height="{HEIGHT}" fill="{background}"/>')
            if text.strip():
                weight = ' font-weight="bold"' if bold else ""
                out.append(f'<text x="{x:.1f}" y="{y + 14}" fill="{foreground or FOREGROUND}"{weight} xml:space="preserve" '
                           f'textLength="{len(text) * WIDTH:.1f}">{html.escape(text)}</text>')
            start = end
    return "\n".join(out + ["</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", help="from-to, counted from 1")
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("picture")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    lines = printed(options.command, options.columns).rstrip("\n").split("\n")
    if options.lines:
        first, last = map(int, options.lines.split("-"))
        lines = lines[first - 1:last]
    # Long lines go on in the next one, as in a terminal.
    wrapped = [line[i:i + options.columns] if "\x1b" not in line else line
               for line in lines for i in range(0, max(len(line) if "\x1b" not in line else 1, 1), options.columns)]
    with open(options.picture, "w") as file:
        file.write(svg(wrapped, options.columns))
    return 0


sys.exit(main())
