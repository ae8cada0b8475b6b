#!/usr/bin/python3
"""Makes the wheel: the package, the library and the program in one zip file.

    python/build_wheel.py --build BUILD --out FOLDER      prints the wheel's path

BUILD/wheel holds the library and the program (the target wheel_files). The same tree gives the same bytes: files are
in the order of their names, their times are SOURCE_DATE_EPOCH.
"""

import argparse
import base64
import hashlib
import os
import pathlib
import platform
import re
import time
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
GLIBC = 36  # of 2.36, Debian 12's: the oldest that the wheel is tested with


def metadata(version):
    description = (HERE / "README.md").read_text()
    return f"""Metadata-Version: 2.1
Name: charrnn
Version: {version}
Summary: Character-level recurrent language models: train, sample, measure, look inside
License: MIT
License-File: LICENSE
Requires-Python: >=3.8
Requires-Dist: numpy
Provides-Extra: torch
Requires-Dist: torch; extra == 'torch'
Classifier: Typing :: Typed
Classifier: Topic :: Scientific/Engineering :: Artificial Intelligence
Description-Content-Type: text/markdown

{description}"""


def contents(build, version, tag):
    """Names in the wheel with bytes and mode."""
    info = f"charrnn-{version}.dist-info"
    files = {f"charrnn/{path.name}": (path.read_bytes(), 0o644)
             for path in (HERE / "charrnn").iterdir() if path.suffix == ".py" or path.name == "py.typed"}
    files["charrnn/libcharrnn.so"] = (build / "wheel/libcharrnn.so").read_bytes(), 0o755
    files[f"charrnn-{version}.data/scripts/charrnn"] = (build / "wheel/charrnn").read_bytes(), 0o755
    files[f"{info}/LICENSE"] = (HERE.parent / "LICENSE").read_bytes(), 0o644
    files[f"{info}/METADATA"] = metadata(version).encode(), 0o644
    files[f"{info}/WHEEL"] = (f"Wheel-Version: 1.0\nGenerator: charrnn {version}\nRoot-Is-Purelib: false\n"
                              f"Tag: {tag}\n").encode(), 0o644
    record = "".join(f"{name},sha256={digest(content)},{len(content)}\n" for name, (content, _) in sorted(files.items()))
    files[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode(), 0o644
    return files


def digest(content):
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def newest_glibc(binary):
    """The minor version of glibc that it asks for: the names of the versions lie in its table of texts."""
    return max(int(minor) for minor in re.findall(rb"\0GLIBC_2\.(\d+)\b", binary.read_bytes()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    version = re.search(r"project\(charrnn VERSION ([\d.]+)", (HERE.parent / "CMakeLists.txt").read_text()).group(1)
    minor = max(GLIBC, *(newest_glibc(arguments.build / "wheel" / name) for name in ("libcharrnn.so", "charrnn")))
    tag = f"py3-none-manylinux_2_{minor}_{platform.machine()}"
    when = time.gmtime(max(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), 315532800))[:6]  # zip begins in 1980
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / f"charrnn-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, (content, mode) in sorted(contents(arguments.build, version, tag).items()):
            entry = zipfile.ZipInfo(name, when)
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, content, compresslevel=6)
    print(path)


if __name__ == "__main__":
    main()
