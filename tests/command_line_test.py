"""The program from outside: help, mistakes in the command line, and what the exit codes are."""

import os
import shlex
import subprocess
import sys

program = os.environ["CHARRNN"]
failures = []


def run(*words, **settings):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CHARRNN_") or k == "CHARRNN_ISA"}
    environment.update(settings.pop("env", {}))
    return subprocess.run([program, *words], capture_output=True, text=True, timeout=60, env=environment, **settings)


def expect(name, condition, result):
    if not condition:
        failures.append(f"{name}\n  exit {result.returncode}\n  stdout: {result.stdout[:500]!r}\n  stderr: {result.stderr[:500]!r}")


def refused(words, code, *texts, **settings):
    result = run(*words, **settings)
    lines = result.stderr.strip().splitlines()
    expect(" ".join(words), result.returncode == code and len(lines) == 2 and lines[0].startswith("charrnn: error: ")
           and all(text in result.stderr for text in texts), result)


def main():
    result = run("--help")
    expect("help", result.returncode == 0 and "Commands" in result.stdout and not result.stderr, result)
    commands = [line.split()[0] for line in result.stdout.split("Commands\n")[1].split("\n\n")[0].splitlines() if line.startswith("  ")]
    for command in commands:
        result = run(command, "--help")
        expect(f"{command} --help", result.returncode == 0 and "Examples" in result.stdout and "--json" in result.stdout
               and not result.stderr, result)
        expect(f"{command} help fits 100 columns", max(map(len, result.stdout.replace(program, "charrnn").splitlines())) <= 100, result)
        refused([command, "--xyzzy"], 2, "unknown option --xyzzy")
        refused([command, "--thraeds", "1"], 2, "did you mean --threads?")
        refused([command, "--seed", "18446744073709551616"], 2, "--seed")
        refused([command, "--threads", "two"], 2, "--threads: 'two' is not a whole number")
        refused([command, "--threads", "1", "--threads", "2"], 2, "--threads is given twice")
        refused([command, "--isa"], 2)
        refused([command], 2, "environment variable CHARRNN_THREADS", env={"CHARRNN_THREADS": "zz"})
        refused([command], 2, "environment variable CHARRNN_ISA: instruction set sse9: not available", "use one of",
                env={"CHARRNN_ISA": "sse9"})
    result = run("--version")
    expect("version", result.returncode == 0 and result.stdout.startswith("charrnn "), result)
    refused(["trian"], 2, "unknown command 'trian'", f"did you mean {shlex.quote(program)} train?")
    refused(["notebook", "--epochs", "-1"], 2, "--epochs")
    refused(["notebook", "one", "two"], 2, "unexpected argument 'one'")
    refused(["notebook", "one"], 2, f"usage: {shlex.quote(program)} notebook [options]")
    refused(["notebook", "--text", "no such file"], 5, "no such file")
    refused(["notebook", "--device", "cuda", "--isa", "portable"], 2, "--isa", "leave one of them out")
    refused(["notebook", "--isa", "sse9"], 2, "sse9")
    result = run("notebook", "--json", "--hidden-size", "0")
    expect("errors are JSON with --json", result.returncode == 2 and result.stderr.startswith('{"error":{'), result)
    print("\n".join(failures) or f"{len(commands)} commands refuse what they should")
    return 1 if failures or not commands else 0


sys.exit(main())
