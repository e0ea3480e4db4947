"""Exports in the running program: pandas is in the process that writes a file, and in none that stays."""

from pathlib import Path

import pytest

from tests.system.program import Program

pytestmark = pytest.mark.slow


def test_no_process_that_stays_loads_pandas(quick: Program) -> None:
    for kind in ("csv", "xlsx"):
        status, _, body = quick.ask(f"/xuat/kpis.{kind}", seconds=90)
        assert status == 200 and body
    running = quick.processes()
    assert all(quick.child(role) for role in ("web", "poll", "work"))
    loaded = {line for pid, line in running.items() if "/pandas/" in Path(f"/proc/{pid}/maps").read_text()}
    assert not loaded
