"""The configuration is changed while the program runs: all processes go on with what was checked at the start."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.system import quick_config
from tests.system.conftest import running
from tests.system.program import Program, command, until

pytestmark = pytest.mark.slow
KEY = "water-level"


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """A centre whose configuration a test may change."""
    folder = quick_config.write(tmp_path / "config")
    yield from running(Program(tmp_path / "data", IOC_CONFIG=str(folder)))


def change_unit(program: Program) -> Path:
    """Gives the KPI another unit once it has a value; the file. The configuration is sound in itself."""
    until(lambda: program.kpis()[KEY]["value"] is not None, 40, "it has a value")
    path = Path(program.more["IOC_CONFIG"]) / "kpis.yaml"
    rows = yaml.safe_load(path.read_text("utf-8"))
    (row,) = [row for row in rows["kpis"] if row["key"] == KEY]
    row["unit"], row["formula"]["scale"] = "cm", 100
    path.write_text(yaml.safe_dump(rows, allow_unicode=True), "utf-8")
    return path


def restart(program: Program, role: str) -> None:
    pid = program.signal(role)
    until(lambda: program.child(role) not in (0, pid), 20, f"the supervisor started another {role}")
    until(program.ready, 40, "it is ready")


def test_a_process_that_is_started_again_does_not_read_a_changed_configuration(program: Program) -> None:
    path = change_unit(program)
    refused = command(program.data, "check", IOC_CONFIG=program.more["IOC_CONFIG"])
    assert refused.returncode == 1, refused.stderr
    for role in ("poll", "web"):
        restart(program, role)
    observed = program.kpis()[KEY]["data_time"]
    kpi = until(lambda: (new := program.kpis()[KEY])["data_time"] != observed and new, 40, "a new value")
    assert kpi["unit"] == "m" and abs(kpi["value"]) < 5
    path.write_text("kpis: [", "utf-8")  # half of it is written
    for role in ("poll", "web", "work"):
        restart(program, role)
    assert program.kpis()[KEY]["unit"] == "m"


def test_a_poller_that_is_started_alone_refuses_another_meaning(program: Program) -> None:
    change_unit(program)
    alone = command(program.data, "poll", IOC_CONFIG=program.more["IOC_CONFIG"])
    assert alone.returncode == 1 and KEY in alone.stderr
