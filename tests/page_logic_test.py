"""The page's pure logic (web/test/), by node's own test runner."""
import glob
import os
import re
import shutil
import subprocess
import sys

node = shutil.which("node")
version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout if node else ""
if not node or int(re.match(r"v(\d+)", version).group(1)) < 18:
    print(f"skipped: node 18 is needed, here is {version.strip() or 'none'}")
    sys.exit(77)
tests = sorted(glob.glob(os.path.join(os.environ["CHARRNN_SOURCE"], "web", "test", "*.test.js")))
sys.exit(subprocess.run([node, "--test", *tests]).returncode)
