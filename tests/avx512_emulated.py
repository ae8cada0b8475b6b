#!/usr/bin/env python3
"""The engine's AVX-512 tests on a machine that has no AVX-512: in Bochs, an emulator of whole machines.

    tests/avx512_emulated.py [--filter '*avx512*:-*bf16*']     (CHARRNN_BUILD: the build, else build/)

Not part of the suite: the kernel tests take about two minutes, those of the whole engine (--filter
'*cpu_avx512*:-*bf16*') half an hour. bf16 is left out: Debian's Bochs 2.7 has processors with AVX-512, none with its bf16.

It boots Debian's kernel with nothing but the test and the libraries it needs. What is needed:
    apt install bochs bochs-term bochsbios vgabios isolinux syslinux-common xorriso cpio busybox-static linux-image-cloud-amd64
"""

import argparse
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEST = pathlib.Path(os.environ.get("CHARRNN_BUILD", ROOT / "build")) / "engine_test"
ISOLINUX = pathlib.Path("/usr/lib/ISOLINUX/isolinux.bin")
LOADER = pathlib.Path("/usr/lib/syslinux/modules/bios/ldlinux.c32")

END = "engine_test returned"

# Bochs writes the serial port to its file by the block, so a last one is filled up.
INIT = """#!/busybox sh
/busybox mount -t proc proc /proc
/busybox mount -t devtmpfs dev /dev
/busybox mount -t tmpfs tmp /tmp
cd /tmp
/engine_test --gtest_brief=1 --gtest_color=no --gtest_filter='{filter}'
/busybox echo "{end} $?"
/busybox head -c 20000 /dev/zero | /busybox tr '\\0' '\\n'
/busybox poweroff -f
"""

# clearcpuid: Bochs counts the bytes of XSAVEC and XSAVES otherwise than the kernel, which would do without AVX then.
BOOT = """default charrnn
timeout 1
label charrnn
 kernel /vmlinuz
 append initrd=/initrd.gz console=ttyS0 quiet mitigations=off lpj=1000000 acpi=off clearcpuid=321,323
"""

MACHINE = """cpu: model=corei7_skylake_x, count=1, ips=100000000
memory: guest=1024, host=1024
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path=boot.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=serial.txt
display_library: term
log: bochs.log
clock: sync=none
"""


def kernel():
    found = sorted(pathlib.Path("/boot").glob("vmlinuz-*"))
    return found[-1] if found else None


def missing():
    programs = [name for name in ("bochs", "xorriso", "cpio") if not shutil.which(name)]
    files = [str(path) for path in (ISOLINUX, LOADER, pathlib.Path("/bin/busybox"), TEST) if not path.exists()]
    return programs + files + ([] if kernel() else ["/boot/vmlinuz-*"])


def fill_root(root, tests):
    """The file system of the machine: the test, its libraries where it looks for them, busybox."""
    for folder in "proc", "dev", "tmp":
        (root / folder).mkdir(parents=True)
    shutil.copy("/bin/busybox", root / "busybox")
    shutil.copy(TEST, root / "engine_test")
    libraries = subprocess.run(["ldd", TEST], check=True, capture_output=True, text=True).stdout
    for path in re.findall(r"(/\S+) \(0x", libraries):
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    (root / "init").write_text(INIT.format(filter=tests, end=END))
    (root / "init").chmod(0o755)


def make_disk(folder, tests):
    fill_root(folder / "root", tests)
    disk = folder / "disk"
    (disk / "isolinux").mkdir(parents=True)
    subprocess.run("find . | cpio -o -H newc --quiet | gzip -1 > ../disk/initrd.gz", shell=True, check=True,
                   cwd=folder / "root")
    shutil.copy(kernel(), disk / "vmlinuz")
    for path in ISOLINUX, LOADER:
        shutil.copy(path, disk / "isolinux")
    (disk / "isolinux" / "isolinux.cfg").write_text(BOOT)
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-o", folder / "boot.iso", "-b", "isolinux/isolinux.bin", "-c",
                    "isolinux/boot.cat", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table", disk], check=True)


def drain(master):
    try:
        while os.read(master, 65536):
            pass
    except OSError:  # how Linux says that the other end is closed
        pass


def run(folder):
    """Runs the machine until the test has ended; what it wrote. Bochs draws its screen on a terminal that nobody sees."""
    master, terminal = pty.openpty()
    threading.Thread(target=drain, args=(master,), daemon=True).start()
    bochs = subprocess.Popen(["bochs", "-q", "-f", "machine", "-rc", "debugger"], cwd=folder, stdin=terminal,
                             stdout=terminal, stderr=terminal, start_new_session=True)
    serial = folder / "serial.txt"
    written = ""
    try:
        while END not in written and bochs.poll() is None:  # a machine that is off goes on waiting
            time.sleep(1)
            written = serial.read_text(errors="replace") if serial.exists() else ""
    finally:
        os.killpg(bochs.pid, signal.SIGKILL)
        bochs.wait()
        os.close(terminal)
    return written.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--filter", default="Sets/*avx512*:-*bf16*", help="which tests of engine_test")
    given = parser.parse_args()
    if missing():
        print(f"skipped: no {', '.join(missing())} here (apt install … as this file says)")
        return 77
    with tempfile.TemporaryDirectory(prefix="avx512") as name:
        folder = pathlib.Path(name)
        make_disk(folder, given.filter)
        (folder / "machine").write_text(MACHINE)
        (folder / "debugger").write_text("c\n")  # Debian's Bochs stops in its debugger first: continue
        output = run(folder)
    print(output[output.find("Running main()"):])
    passed = f"{END} 0" in output and "[  PASSED  ]" in output and "SKIPPED" not in output
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
