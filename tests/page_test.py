"""The page kept in web/dist is, byte for byte, what the locked tools make of web/src; the exported page kept in web/dist-export what they
make of web/export.

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
KEPT = {"dist": (), "dist-export": ("--config", "vite.export.config.js")}
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
    same, wrong = 0, []
    with tempfile.TemporaryDirectory(prefix="charrnn-page-") as folder:
        for name, options in KEPT.items():
            built, kept = pathlib.Path(folder) / name, WEB / name
            run("node", "node_modules/vite/bin/vite.js", "build", "--outDir", built, *options)
            both = files(built) & files(kept)
            differ = [f"{name}/{file} differs" for file in sorted(both) if not filecmp.cmp(built / file, kept / file, shallow=False)]
            wrong += differ
            wrong += [f"only a build has {name}/{file}" for file in sorted(files(built) - both)]
            wrong += [f"only web/{name} has {file}" for file in sorted(files(kept) - both)]
            same += len(both) - len(differ)
    if wrong:
        print("The page kept in web/ is stale: run scripts/page.sh and commit web/dist and web/dist-export.", *wrong, sep="\n  ")
        return 1
    print(f"{same} files are the same")
    return 0


if __name__ == "__main__":
    sys.exit(main())
