"""Checks from the #include lines that each folder of src/ uses only what its CMakeLists.txt says, and that only the
application prints, exits or reads the environment, and only the server sees the HTTP library."""

import os
import pathlib
import re
import sys

source = pathlib.Path(os.environ["CHARRNN_SOURCE"]) / "src"
failures = []


def allowed(folder):
    text = (source / folder / "CMakeLists.txt").read_text()
    uses = re.search(r"charrnn_folder\(\w+\s+USES\s+([a-z \n]+)", text)
    return {folder} | set(uses.group(1).split() if uses else [])


folders = sorted(path.name for path in source.iterdir() if path.is_dir())
files = 0
for folder in folders:
    uses = allowed(folder)
    for path in sorted((source / folder).rglob("*")):
        if path.suffix not in (".h", ".cc", ".cu"):
            continue
        files += 1
        name = path.relative_to(source)
        is_test = path.stem.endswith("_test") or "testing" in name.parts
        for number, line in enumerate(path.read_text().splitlines(), 1):
            include = re.match(r'\s*#\s*include\s+"([a-z_]+)/', line)
            if include and include.group(1) not in uses:
                failures.append(f"{name}:{number}: {folder}/ may not use {include.group(1)}/")
            if re.match(r"\s*#\s*include\s+<boost/(beast|asio)", line) and folder != "serve":
                failures.append(f"{name}:{number}: only serve/ sees the HTTP library")
            if folder != "app" and not is_test:
                for word in (r"\bgetenv\(", r"\b_?exit\(", r"\bstd::cout\b", r"\bstd::cerr\b", r"\bprintf\("):
                    if re.search(word, line.split("//")[0]) and "snprintf" not in line:
                        failures.append(f"{name}:{number}: only app/ prints, exits or reads the environment")

print("\n".join(failures) or f"{files} files in {len(folders)} folders keep to their layers")
sys.exit(1 if failures or files == 0 else 0)
