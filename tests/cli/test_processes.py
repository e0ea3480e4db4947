"""The build id, which tells a screen that the program has changed."""

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ioc.cli.context import SIMULATED_DAY, Context
from ioc.cli.processes import build_id
from ioc.config.settings import EnvironmentSettings

ROOT = Path(__file__).parents[2]
CRASHING = """
import atexit, runpy, signal, sys
atexit.register(signal.raise_signal, signal.SIGBUS)
sys.argv = ["app.py", "--help"]
runpy.run_path("app.py", run_name="__main__")
"""


INTERRUPTED = """
import runpy, signal, sys
from ioc.cli import main
main.load_command = lambda name: signal.raise_signal(signal.SIGINT)
sys.argv = ["app.py", "check"]
runpy.run_path("app.py", run_name="__main__")
"""


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A program of three files."""
    for name in ("assets/live.js", "ioc/web/app.py", "docs/guide.md"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("1")
    settings = EnvironmentSettings.from_environment({}, tmp_path)
    return Context(settings, {}, tmp_path, lambda: datetime(2026, 11, 24, tzinfo=UTC))


@pytest.mark.parametrize(
    ("name", "changes"), [("assets/live.js", True), ("ioc/web/app.py", True), ("docs/guide.md", False)]
)
def test_the_build_id_changes_with_the_code_that_screens_depend_on(context: Context, name: str, changes: bool) -> None:
    before = build_id(context, "f")
    (context.root / name).write_text("2")
    assert (build_id(context, "f") != before) is changes


def test_the_build_id_changes_with_the_configuration(context: Context) -> None:
    assert build_id(context, "f") != build_id(context, "g")


def test_process_started_after_midnight_has_the_configuration_of_the_others(tmp_path: Path) -> None:
    """Simulated documents are made for a day: screens would reload, and poller and web would differ."""
    settings = EnvironmentSettings.from_environment({"IOC_DATA": str(tmp_path)}, ROOT)
    evening = datetime(2026, 11, 24, 16, 59, tzinfo=UTC)
    first = Context(settings, {SIMULATED_DAY: "2026-11-24"}, ROOT, lambda: evening)
    later = replace(first, clock=lambda: evening + timedelta(minutes=2))
    assert first.configuration().is_simulated
    assert first.configuration().fingerprint == later.configuration().fingerprint
    assert replace(later, environment={}).configuration().fingerprint != later.configuration().fingerprint


def test_process_that_crashes_prints_its_stack() -> None:
    result = subprocess.run([sys.executable, "-c", CRASHING], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == -signal.SIGBUS
    assert "Fatal Python error: Bus error" in result.stderr and "most recent call first" in result.stderr


def test_interrupt_before_a_command_takes_it_ends_the_program_without_a_traceback() -> None:
    result = subprocess.run([sys.executable, "-c", INTERRUPTED], cwd=ROOT, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (128 + signal.SIGINT, "")
