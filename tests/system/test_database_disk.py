"""The disk under PostgreSQL is full: no figure is shown beyond its age limit, and the centre recovers with space."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from simulator.postgres import find_programs, server_user
from tests.storage import server
from tests.system.conftest import running
from tests.system.disk import fill, small_disk
from tests.system.program import Program, until

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
MEGABYTES = 64
FIGURE = "bridge-flow"  # its only source has an age limit of six seconds


@pytest.fixture
def tables_disk() -> Iterator[tuple[str, Path]]:
    """The URL of a PostgreSQL server, and the small disk of its tables. Its write-ahead log is on another disk."""
    if find_programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with ExitStack() as disks:
        places: list[Path] = []

        def move_tables(home: Path) -> None:
            (place := home / "disk").mkdir()
            places.append(disks.enter_context(small_disk(place, MEGABYTES)))
            shutil.copytree(home / "data" / "base", place / "base")
            if user := server_user():
                for path in (place, *place.rglob("*")):
                    shutil.chown(path, user, user)
            shutil.rmtree(home / "data" / "base")
            (home / "data" / "base").symlink_to(place / "base")

        with server.running(move_tables) as url:
            yield url, places[0]


@pytest.fixture
def program(tmp_path: Path, quick_config: Path, tables_disk: tuple[str, Path]) -> Iterator[Program]:
    """A centre over that server."""
    program = Program(tmp_path / "data", IOC_CONFIG=str(quick_config), DATABASE_URL=tables_disk[0])
    yield from running(program)


def _state(program: Program) -> str:
    return str(program.kpis()[FIGURE]["state"])


def test_full_disk_of_the_database_is_reported_and_survived(program: Program, tables_disk: tuple[str, Path]) -> None:
    ballast, children = tables_disk[1] / "ballast", (program.child("poll"), program.child("web"))
    until(lambda: program.kpis() and _state(program) == "ok", 30, "figures are shown")
    fill(ballast)
    until(lambda: "the store cannot be written" in program.log, 60, "the poller notices")
    until(lambda: program.ask("/readyz")[0] == 503, 20, "it is not ready")
    until(lambda: _state(program) != "ok", 20, "old figures are not shown as good")
    ballast.unlink()
    until(program.ready, 30, "it is ready again")
    until(lambda: _state(program) == "ok", 30, "figures are shown again")
    assert "the store can be written again" in program.log
    assert (program.child("poll"), program.child("web")) == children, "no process was started again"
    assert "Traceback" not in program.log
