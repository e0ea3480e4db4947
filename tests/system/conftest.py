"""Running programs to test against."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system import quick_config as system_quick_config
from tests.system.program import ROOT, Program, none_left


@pytest.fixture(scope="package")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The demonstration, as `make run` starts it. Tests leave it as it was."""
    yield from running(Program(tmp_path_factory.mktemp("centre") / "data"))


@pytest.fixture(scope="package")
def full(centre: Program) -> Program:
    """The demonstration once every source is live and every KPI has a value.

    A file that a busy machine could not read in time is read again after a minute, and then after four.
    """
    none_left(
        lambda: [key for key, source in centre.sources().items() if source["state"] != "live"], 120, "sources not live"
    )
    none_left(lambda: [key for key, kpi in centre.kpis().items() if kpi["state"] != "ok"], 60, "KPIs without a value")
    return centre


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory, quick_config: Path) -> Iterator[Program]:
    """A centre of few sources with short limits, one for each test file, whose tests may break it."""
    folder = tmp_path_factory.mktemp("quick")
    yield from running(Program(folder / "data", IOC_CONFIG=str(quick_config)))


@pytest.fixture(scope="package")
def wide(tmp_path_factory: pytest.TempPathFactory, quick_config: Path) -> Iterator[Program]:
    """A centre that listens on every address of this machine, so that every request needs a login."""
    data, reason = tmp_path_factory.mktemp("wide") / "data", "the control room has its own network"
    yield from running(Program(data, IOC_CONFIG=str(quick_config), HOST="0.0.0.0", IOC_PLAIN_HTTP=reason))


@pytest.fixture(scope="session")
def quick_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of `quick`."""
    return system_quick_config.write(tmp_path_factory.mktemp("short") / "config")


def running(program: Program) -> Iterator[Program]:
    """`program`, started, and ended by Ctrl-C."""
    try:
        program.start()
        yield program
        assert program.stop() == 0
    finally:
        program.kill_all()
        shutil.rmtree(program.data, ignore_errors=True)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the demonstration's configuration, for tests that put errors into it."""
    shutil.copytree(ROOT / "config", tmp_path / "config", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return tmp_path / "config" / "demo"
