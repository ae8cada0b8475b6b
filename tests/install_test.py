"""What `cmake --install` leaves: the program, manual pages, completions that complete, and a library that a C program
finds by pkg-config and by CMake. The same of the library's Debian packages."""

import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(os.environ["CHARRNN_BUILD"])
SOURCE = pathlib.Path(os.environ["CHARRNN_SOURCE"])
failures = []


def check(holds, what):
    if not holds:
        failures.append(what)
        print("FAILED:", what)


def completed(script, *words):
    """What bash offers for the last of the words."""
    line = f"""source '{script}'; COMP_WORDS=({' '.join(f"'{word}'" for word in words)}); COMP_CWORD={len(words) - 1}
_charrnn; printf '%s\\n' "${{COMPREPLY[@]}}" """
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    check(done.returncode == 0 and not done.stderr, f"bash: {words}: {done.stderr}")
    return done.stdout.split()


CLIENT = re.search(r"```c\n(.*?)```", (SOURCE / "docs/library.md").read_text(), re.DOTALL)[1]
CMAKE_PROJECT = """cmake_minimum_required(VERSION 3.25)
project(client LANGUAGES C)
find_package(charrnn REQUIRED)
add_executable(client client.c)
target_link_libraries(client PRIVATE charrnn::charrnn)
"""


def use_library(prefix, version):
    """The C program of docs/library.md against the installed files, found in both ways; it has no model to load."""
    with tempfile.TemporaryDirectory(prefix="charrnn-client-") as folder:
        here = pathlib.Path(folder)
        (here / "client.c").write_text(CLIENT)
        (here / "CMakeLists.txt").write_text(CMAKE_PROJECT)
        environment = dict(os.environ, PKG_CONFIG_PATH=":".join(map(str, prefix.glob("lib*/**/pkgconfig"))),
                           LD_LIBRARY_PATH=":".join({str(path.parent) for path in prefix.rglob("libcharrnn.so")}))
        for way, command in (("pkg-config", "cc client.c -o by_pkg_config $(pkg-config --cflags --libs charrnn) && ./by_pkg_config"),
                             ("CMake", f"cmake -G Ninja -B build -DCMAKE_PREFIX_PATH='{prefix}' . >log && cmake --build build >log "
                                       "&& build/client")):
            done = subprocess.run(command, shell=True, cwd=here, env=environment, capture_output=True, text=True)
            check(done.returncode == 5 and "runs/book" in done.stderr, f"{way}: {done}")
        found = subprocess.run(["pkg-config", "--modversion", "charrnn"], env=environment, capture_output=True, text=True)
        check(found.stdout.strip() == version, f"pkg-config: {found}")


def use_packages(version):
    """The library's Debian packages hold what a program needs that is built with them."""
    with tempfile.TemporaryDirectory(prefix="charrnn-debs-") as folder:
        here = pathlib.Path(folder)
        done = subprocess.run(["cpack", "--config", BUILD / "CPackConfig.cmake", "-B", here,
                               "-D", "CPACK_COMPONENTS_ALL=library;development"], capture_output=True, text=True)
        check(done.returncode == 0, f"cpack: {done.stdout}{done.stderr}")
        debs = {path.name.split("_")[0]: path for path in here.glob("*.deb")}
        library = "libcharrnn" + version.rpartition(".")[0]
        check(set(debs) == {library, "libcharrnn-dev"}, f"packages: {sorted(debs)}")
        for path in debs.values():
            subprocess.run(["dpkg-deb", "-x", path, here / "root"], check=True)
        use_library(here / "root/usr", version)
        if shutil.which("lintian"):
            done = subprocess.run(["lintian", "--allow-root", *debs.values()], capture_output=True, text=True)
            check(not done.stdout, f"lintian: {done.stdout}")


def main():
    prefix = pathlib.Path(tempfile.mkdtemp(prefix="charrnn-install-"))
    try:
        done = subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], capture_output=True, text=True)
        check(done.returncode == 0, f"install: {done.stdout}{done.stderr}")
        if failures:
            return 1
        program = prefix / "bin" / "charrnn"
        version = subprocess.run([program, "--version"], capture_output=True, text=True)
        check(version.stdout.startswith("charrnn "), f"--version: {version.stdout}{version.stderr}")
        use_library(prefix, version.stdout.split()[1])
        if all(shutil.which(tool) for tool in ("cpack", "dpkg-shlibdeps", "dpkg-deb")):
            use_packages(version.stdout.split()[1])
        help_text = subprocess.run([program, "--help"], capture_output=True, text=True).stdout
        commands = [line.split()[0] for line in help_text.split("Commands")[1].split("Options")[0].splitlines()
                    if line.startswith("  ")]
        check(len(commands) >= 8, f"commands: {commands}")
        manuals = prefix / "share" / "man" / "man1"
        for name in ["charrnn", *(f"charrnn-{command}" for command in commands)]:
            page = gzip.decompress((manuals / f"{name}.1.gz").read_bytes()).decode()
            check(page.startswith(".TH "), f"{name}.1: {page[:60]}")
            if shutil.which("groff"):
                shown = subprocess.run(["groff", "-Kutf8", "-man", "-ww", "-Tutf8"], input=page, capture_output=True, text=True)
                check(not shown.stderr, f"{name}.1: {shown.stderr}")
        text = (prefix / "share" / "charrnn" / "notebook.txt").read_text()
        check(len(text) == 798, f"a text to begin with: {len(text)} characters")
        bash = prefix / "share" / "bash-completion" / "completions" / "charrnn"
        check(completed(bash, "charrnn", "tr") == ["train"], "bash completes a command")
        check(completed(bash, "charrnn", "train", "--cell", "") == ["rnn", "lstm", "gru"], "bash completes a choice")
        check(completed(bash, "charrnn", "train", "--hidden") == ["--hidden-size"], "bash completes an option")
        check(completed(bash, "charrnn", "help", "no") == ["notebook"], "bash completes help's command")
        for shell, script in (("zsh", "zsh/vendor-completions/_charrnn"),
                              ("fish", "fish/vendor_completions.d/charrnn.fish")):
            if shutil.which(shell):
                done = subprocess.run([shell, "-n", prefix / "share" / script], capture_output=True, text=True)
                check(done.returncode == 0 and not done.stderr, f"{shell}: {done.stderr}")
        return len(failures)
    finally:
        shutil.rmtree(prefix)


if __name__ == "__main__":
    sys.exit(main())
