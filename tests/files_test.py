"""Files that say what runs them are executable, and the shell and Python can read each script."""
import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(os.environ["CHARRNN_SOURCE"])
BUILT = {"build", "node_modules", ".git"}


def tracked():
    """The files that git knows; in an unpacked archive, all but what is built."""
    # Root reads a tree that belongs to another, too.
    done = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=SOURCE, capture_output=True)
    if done.returncode == 0:
        return [SOURCE / os.fsdecode(name) for name in done.stdout.split(b"\0") if name]
    return [pathlib.Path(folder) / name for folder, folders, names in os.walk(SOURCE)
            for name in names if not BUILT & set(pathlib.Path(folder).relative_to(SOURCE).parts)]


def trouble(path):
    with path.open("rb") as file:
        first = file.readline(200)
    shebang = first.startswith(b"#!")
    if shebang and not os.stat(path).st_mode & 0o100:
        yield "has a shebang but is not executable: chmod +x"
    if not shebang and os.stat(path).st_mode & 0o111:
        yield "is executable but has no shebang: chmod -x"
    if path.suffix == ".sh" or (shebang and b"bash" in first):
        done = subprocess.run(["bash", "-n", path], capture_output=True, text=True)
        if done.returncode != 0:
            yield done.stderr
    if path.suffix == ".py":
        try:
            compile(path.read_bytes(), str(path), "exec")
        except SyntaxError as error:
            yield f"line {error.lineno}: {error.msg}"


def main():
    files = [path for path in tracked() if path.is_file()]
    wrong = [f"{path.relative_to(SOURCE)}: {what}" for path in files for what in trouble(path)]
    print("\n".join(wrong) or f"{len(files)} files")
    assert any(path.name == "demo.sh" for path in files), "the scripts were not found"
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
