"""Running programs to test against."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system import quick_config as system_quick_config
from tests.system.program import ROOT, Program, none_left


@pytest.fixture(scope="session")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The demonstration, as `make run` starts it. Tests leave it as it was."""
    yield from running(Program(tmp_path_factory.mktemp("centre") / "data"))


@pytest.fixture(scope="session")
def full(centre: Program) -> Program:
    """The demonstration once every source was heard and a day of past is there."""
    none_left(lambda: [key for key, one in centre.sources().items() if one["state"] != "live"], 60, "sources not live")
    none_left(lambda: [key for key, one in centre.kpis().items() if one["state"] != "ok"], 60, "KPIs without a value")
    return centre


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory, quick_config: Path) -> Iterator[Program]:
    """A centre of few sources with short limits, one for each file of tests, which may break it."""
    folder = tmp_path_factory.mktemp("quick")
    yield from running(Program(folder / "data", IOC_CONFIG=str(quick_config)))


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
    """A copy of the demonstration's configuration, to be spoilt."""
    shutil.copytree(ROOT / "config", tmp_path / "config", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return tmp_path / "config" / "demo"
