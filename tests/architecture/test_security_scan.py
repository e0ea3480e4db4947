"""The scanner for unsafe calls, as `make check` runs it, finds nothing: each place that stands has its reason."""

import re
import subprocess
import sys

from tests.architecture.files import ROOT


def test_scanner_finds_nothing() -> None:
    command = re.search(r"^\t\$\(BIN\)/bandit (.*) 2>/dev/null$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert command is not None
    ended = subprocess.run(
        [sys.executable, "-m", "bandit", *command[1].split()], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert ended.returncode == 0, ended.stdout
