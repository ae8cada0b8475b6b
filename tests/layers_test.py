"""Checks from the #include lines that each folder of src/, and each room inside it, uses only what its CMakeLists.txt
says; that nothing but tests uses what lies in testing/; that whatever only reads knows no network that learns; that a
room of many files has a README.md, whose files exist; and that only the application prints, exits or reads the
environment, and only serve/http/ and the server see the HTTP library."""

import os
import pathlib
import re
import sys

SOURCE = pathlib.Path(os.environ["CHARRNN_SOURCE"]) / "src"
SUFFIXES = (".h", ".cc", ".cu", ".cuh")
PRINTING = (r"\bgetenv\(", r"\b_?exit\(", r"\bstd::cout\b", r"\bstd::cerr\b", r"(?<!sn)\bprintf\(")
MAX_FILES = 32  # in one room
LEARNING = ("engine/trainable_network.h", "engine/factory/make_trainable_network.h")
READING = ("generate/", "evaluate/", "serve/")  # but for dynamic evaluation, which learns
UNDESCRIBED_FILES = 10  # in a room that needs no README.md


def declared(folder):
    """What a folder's CMakeLists.txt allows: the folders that it uses, and for each room the rooms that it uses."""
    text = (SOURCE / folder / "CMakeLists.txt").read_text()
    uses = re.search(r"charrnn_folder\(\w+\s+(?:OPTIMIZE \d\s+)?USES\s+([a-z \n]+)", text)
    rooms = {}
    for room, used in re.findall(r'"([a-z_/.]+)(?:: ([a-z_/. ]+))?"', text):
        if room != "." and not (SOURCE / folder / room).is_dir():
            failures.append(f"{folder}/CMakeLists.txt: there is no room {room}")
        for unknown in sorted(set(used.split()) - set(rooms)):
            failures.append(f"{folder}/CMakeLists.txt: {room} uses {unknown}, which is not declared above it")
        rooms[room] = set(used.split()) | {room}
    return {folder} | set(uses.group(1).split() if uses else []), rooms


def room_of(path):
    """(top folder, room inside it) of a path below src/."""
    parts = pathlib.PurePosixPath(path).parts
    return parts[0], "/".join(parts[1:-1]) or "."


def check_include(name, number, included, is_test, uses, rooms):
    folder, room = room_of(name)
    other, other_room = room_of(included)
    tests_only = is_test or "testing" in room.split("/")
    if included == "test_paths.h":  # generated
        if not tests_only:
            failures.append(f"{name}:{number}: {included} is for tests")
    elif not (SOURCE / included).is_file():
        failures.append(f"{name}:{number}: there is no {included}")
    elif included in LEARNING and name.startswith(READING) and not tests_only and "/dynamic_evaluation." not in name:
        failures.append(f"{name}:{number}: only reads, and {included} is for what learns")
    elif other not in uses:
        failures.append(f"{name}:{number}: {folder}/ may not use {other}/")
    elif "testing" in other_room.split("/") and not tests_only:
        failures.append(f"{name}:{number}: {included} is for tests")
    elif other == folder and not tests_only and rooms and other_room not in rooms.get(room, set()):
        failures.append(f"{name}:{number}: {folder}/{room} may not use {folder}/{other_room}")


def check_file(path, uses, rooms):
    name = path.relative_to(SOURCE).as_posix()
    folder, _ = room_of(name)
    is_test = path.stem.endswith("_test") or "testing" in path.parts
    for number, line in enumerate(path.read_text().splitlines(), 1):
        include = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if include:
            check_include(name, number, include.group(1), is_test, uses, rooms)
        if re.match(r"\s*#\s*include\s+<boost/(beast|asio)", line) and folder != "serve":
            failures.append(f"{name}:{number}: only serve/ sees the HTTP library")
        if folder != "app" and not is_test:
            for word in PRINTING:
                if re.search(word, line.split("//")[0]):
                    failures.append(f"{name}:{number}: only app/ prints, exits or reads the environment")


def check_readme(room, count):
    readme = room / "README.md"
    if not readme.is_file():
        if count > UNDESCRIBED_FILES:
            failures.append(f"{room.relative_to(SOURCE)}: {count} files want a README.md: what is here, what it may use, "
                            "where to start")
        return
    for name in re.findall(r"`([\w./]+\.(?:h|cc|cu|cuh))`", readme.read_text()):
        if not any((place / name).is_file() for place in (room, SOURCE, *room.parents[:2])):
            failures.append(f"{readme.relative_to(SOURCE)}: there is no {name}")


failures = []
files = 0
folders = sorted(path.name for path in SOURCE.iterdir() if path.is_dir())
for folder in folders:
    uses, rooms = declared(folder)
    there = {"."} | {path.relative_to(SOURCE / folder).as_posix() for path in (SOURCE / folder).rglob("*") if path.is_dir()}
    with_files = {room for room in there
                  if any(path.suffix in SUFFIXES for path in (SOURCE / folder / room).iterdir())}
    if with_files != {"."} or rooms:
        for room in sorted(with_files - set(rooms)):
            failures.append(f"{folder}/CMakeLists.txt: ROOMS does not name {room}")
    for room in sorted(with_files):
        count = sum(path.suffix in SUFFIXES for path in (SOURCE / folder / room).iterdir())
        if count > MAX_FILES:
            failures.append(f"{folder}/{room}: {count} files are more than the {MAX_FILES} that one can survey")
        check_readme(SOURCE / folder / room, count)
    for path in sorted((SOURCE / folder).rglob("*")):
        if path.suffix in SUFFIXES:
            files += 1
            check_file(path, uses, rooms)

print("\n".join(failures) or f"{files} files in {len(folders)} folders keep to their layers")
sys.exit(1 if failures or files == 0 else 0)
