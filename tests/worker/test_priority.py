"""What the worker starts keeps its low priority, also where it runs as root."""

import subprocess
import sys

BROWSER = """
import os
try:
    os.setpriority(os.PRIO_PROCESS, 0, -8)
except PermissionError:
    pass
print(os.getpriority(os.PRIO_PROCESS, 0))
"""
WORKER = """
import subprocess, sys
from ioc.worker.priority import yield_to_screens
yield_to_screens()
sys.exit(subprocess.run([sys.executable, "-c", sys.argv[1]]).returncode)
"""


def test_a_program_that_the_worker_starts_cannot_raise_its_priority() -> None:
    output = subprocess.run(
        ["nice", "-n", "3", sys.executable, "-c", WORKER, BROWSER], capture_output=True, text=True, check=True
    )
    assert int(output.stdout) >= 13
