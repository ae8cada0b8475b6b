"""The page kept in web/dist is, byte for byte, what the locked tools make of web/src.

Skipped only where node and npm, or their registry, are out of reach."""
import filecmp
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

WEB = pathlib.Path(os.environ["CHARRNN_SOURCE"]) / "web"
UNREACHABLE = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT")


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def run(*words):
    done = subprocess.run(words, cwd=WEB, capture_output=True, text=True)
    if done.returncode != 0:
        output = (done.stdout + done.stderr)[-3000:]
        if words[0] == "npm" and UNREACHABLE.search(output):
            skip("npm does not reach its registry")
        sys.exit(f"{' '.join(map(str, words))}: exit {done.returncode}\n{output}")


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def main():
    for program in ("node", "npm"):
        if not shutil.which(program):
            skip(f"{program} is not installed")
    installed = WEB / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < (WEB / "package-lock.json").stat().st_mtime:
        run("npm", "ci")
    with tempfile.TemporaryDirectory(prefix="charrnn-page-") as folder:
        built, kept = pathlib.Path(folder) / "dist", WEB / "dist"
        run("node", "node_modules/vite/bin/vite.js", "build", "--outDir", built)
        both = files(built) & files(kept)
        wrong = [f"only a build has {name}" for name in sorted(files(built) - both)]
        wrong += [f"only web/dist has {name}" for name in sorted(files(kept) - both)]
        wrong += [f"{name} differs" for name in sorted(both) if not filecmp.cmp(built / name, kept / name, shallow=False)]
    if wrong:
        print("The page kept in web/dist is stale: run scripts/page.sh and commit web/dist.", *wrong, sep="\n  ")
        return 1
    print(f"{len(both)} files are the same")
    return 0


if __name__ == "__main__":
    sys.exit(main())
