"""Imports go down only; the rooms keep what is theirs."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = {
    "domain": set(),
    "data_sources": {"domain"},
    "storage": {"domain"},
    "components": {"domain"},
    "simulator": {"domain"},
    "config": {"domain", "data_sources"},
    "operations": {"domain", "data_sources", "storage", "config"},
    "security": {"domain", "storage"},
    "pages": {"domain", "components", "operations", "security", "config"},
    "jobs": {"domain", "components", "operations", "security", "storage", "config"},
    "web": {"domain", "components", "operations", "security", "storage", "config", "jobs", "pages"},
}
# Where a library may be imported; the names are import names.
HOMES = {
    "sqlalchemy": {"storage"},
    "alembic": {"storage"},
    "aiohttp": {"data_sources", "simulator"},
    "apscheduler": {"operations"},
    "dash": {"components", "pages", "web"},
    "plotly": {"components", "pages", "web"},
    "flask": {"web", "security"},
    "playwright": {"jobs"},
    "yaml": {"config"},
    "requests": {"web", "security"},
    "cryptography": {"security"},
}
# What the protocols are made from: the folders of data_sources that are no protocols and that they may import.
SHARED = ("data_sources.mapping", "data_sources.watched")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The full names of all modules that a file imports, wherever in the file it does."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
            names |= {f"{node.module}.{one.name}" for one in node.names}
    return names


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_only_and_libraries_stay_in_their_rooms(path: Path) -> None:
    room = room_of(path)
    tops = {name.split(".")[0] for name in imported(path)}
    assert tops & set(ROOMS) <= ROOMS[room] | {room}
    assert not {library for library in tops & set(HOMES) if room not in HOMES[library]}
    assert not {"app", "commands", "bench", "tests"} & tops


@pytest.mark.parametrize("room", ["data_sources", "pages"])
def test_files_of_a_registry_never_import_each_other(room: str) -> None:
    for path in (ROOT / room).glob("*.py"):
        siblings = {name for name in imported(path) if name.startswith(f"{room}.")}
        siblings -= {name for name in siblings if name.startswith(SHARED)}
        assert not siblings or path.stem in ("__init__",), f"{path.name} imports {siblings}"


def test_what_protocols_share_knows_none_of_them() -> None:
    for path in (file for name in SHARED for file in ROOT.joinpath(*name.split(".")).glob("*.py")):
        siblings = {name for name in imported(path) if name.startswith("data_sources.")}
        assert all(name.startswith(SHARED) for name in siblings), f"{path.name} imports {siblings}"


def test_domain_needs_nothing_but_the_standard_library() -> None:
    import sys

    for path in (ROOT / "domain").rglob("*.py"):
        tops = {name.split(".")[0] for name in imported(path)}
        assert tops <= set(sys.stdlib_module_names) | {"domain"}, path.name


def test_files_and_functions_stay_small() -> None:
    for path in (*FILES, ROOT / "app.py"):
        text = path.read_text("utf-8")
        assert text.count("\n") <= (120 if path.name == "app.py" else 300), path.name
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 60, f"{path.name}: {node.name}"
