"""Imports go down only, between packages and between files; libraries stay where docs/architecture.md puts them."""

import ast
import sys
from pathlib import Path

import pytest

from tests.architecture.files import FILES, ROOT, TEST_FILES, imported_files, imported_names, module_name, tree

_DOMAIN = "ioc.domain"
_READ_SIDE = {
    "ioc.directives",
    "ioc.submissions",
    "ioc.snapshot",
    "ioc.auth",
    "ioc.storage",
    "ioc.config",
    "ioc.crypto",
}
# package -> the packages that it may import besides itself; ioc.cli and benchmarks may import everything.
ALLOWED: dict[str, set[str]] = {
    "pages": {"components", "ioc.dash_kit", "ioc.directives", "ioc.submissions", "ioc.snapshot", "ioc.auth", _DOMAIN},
    "components": {_DOMAIN},
    "data_sources": {"ioc.net", _DOMAIN},
    "simulator": {
        "ioc.poller",
        "ioc.config",
        "ioc.storage",
        "ioc.submissions",
        "ioc.directives",
        "data_sources",
        _DOMAIN,
    },
    "ioc.dash_kit": {"ioc.auth", _DOMAIN},
    "ioc.web": {"ioc.dash_kit", "components", "ioc.net", _DOMAIN} | _READ_SIDE,
    "ioc.worker": {"ioc.dash_kit", "components", "ioc.net", _DOMAIN, "data_sources"} | _READ_SIDE,
    "ioc.poller": {"ioc.config", "ioc.storage", _DOMAIN, "data_sources"},
    "ioc.submissions": {"ioc.config", "ioc.storage", _DOMAIN, "data_sources"},
    "ioc.snapshot": {"ioc.config", "ioc.storage", _DOMAIN},
    "ioc.directives": {"ioc.config", "ioc.storage", _DOMAIN},
    "ioc.auth": {"ioc.storage", "ioc.crypto", "ioc.net", _DOMAIN},
    "ioc.config": {"data_sources", "ioc.net", _DOMAIN},
    "ioc.storage": {"ioc.net", _DOMAIN},
    "ioc.crypto": {_DOMAIN},
    "ioc.net": {_DOMAIN},
    "ioc.domain": set(),
    "ioc": set(),
}
UNBOUND = {"ioc.cli", "benchmarks"}
# A single module that a package may import from another package besides the above: order types of jobs.
EXTRA = {("ioc.web", "ioc.worker.jobs")}
# library -> the packages that may import it
LIBRARIES = {
    "sqlalchemy": {"ioc.storage"},
    "alembic": {"ioc.storage"},
    "aiohttp": {"data_sources", "simulator"},
    "apscheduler": {"ioc.poller"},
    "dash": {"components", "pages", "ioc.dash_kit", "ioc.web"},
    "plotly": {"components", "pages", "ioc.dash_kit", "ioc.web"},
    "dash_bootstrap_components": {"components", "pages", "ioc.dash_kit", "ioc.web"},
    "flask": {"ioc.web"},
    "playwright": {"ioc.worker"},
    "yaml": {"ioc.config"},
    "requests": {"ioc.web", "ioc.auth", "ioc.net"},
    "cryptography": {"ioc.auth", "ioc.crypto", "ioc.net"},
}
# Files of data_sources/ that belong to no protocol.
SHARED_PARTS = ("data_sources._http", "data_sources._mapping", "data_sources._files", "data_sources._text")
BOUND = [path for path in FILES if not module_name(path).startswith(tuple(UNBOUND))]


def package_of(name: str) -> str:
    """The package by which a module is allowed its imports: "ioc.web", "pages"."""
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] == "ioc" else parts[0]


def _id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_package_imports_only_packages_below_it() -> None:
    wrong = {
        (_id(path), name)
        for path in BOUND
        for package in (package_of(module_name(path)),)
        for name in map(module_name, imported_files(path))
        if package_of(name) not in ALLOWED[package] | {package} and (package, name) not in EXTRA
    }
    assert not wrong


def test_library_is_imported_only_where_it_belongs() -> None:
    allowed = {**LIBRARIES, "app": set(), "benchmarks": set(), "tests": set()}
    wrong = {
        (_id(path), top)
        for path in BOUND
        for top in {name.split(".")[0] for name in imported_names(path)}
        if top in allowed and package_of(module_name(path)) not in allowed[top]
    }
    assert not wrong


def test_no_import_cycle_between_files() -> None:
    below = {path: imported_files(path) for path in FILES}
    free: set[Path] = set()
    while layer := {path for path, imports in below.items() if path not in free and imports <= free}:
        free |= layer
    assert not {_id(path) for path in below.keys() - free}, "files that stand in or above a cycle"


def test_every_package_is_named_in_the_rules() -> None:
    packages = {package_of(module_name(path)) for path in FILES}
    assert packages <= ALLOWED.keys() | UNBOUND


@pytest.mark.parametrize("package", ["data_sources", "pages"])
def test_registered_files_never_import_each_other(package: str) -> None:
    for path in (ROOT / package).glob("*.py"):
        siblings = {name for name in imported_names(path) if name.startswith(f"{package}.")}
        siblings -= {name for name in siblings if name.startswith(SHARED_PARTS)}
        assert not siblings or path.stem == "__init__", f"{path.name} imports {siblings}"


def test_shared_parts_import_no_protocol() -> None:
    for path in (file for name in SHARED_PARTS for file in ROOT.joinpath(*name.split(".")).glob("*.py")):
        siblings = {name for name in imported_names(path) if name.startswith("data_sources.")}
        assert all(name.startswith(SHARED_PARTS) for name in siblings), f"{path.name} imports {siblings}"


def test_domain_imports_only_the_standard_library() -> None:
    for path in (ROOT / "ioc" / "domain").rglob("*.py"):
        tops = {name.split(".")[0] for name in imported_names(path) if not name.startswith(_DOMAIN)}
        assert tops <= set(sys.stdlib_module_names) | {"ioc"}, path.name


def test_ioc_init_is_empty() -> None:
    assert (ROOT / "ioc" / "__init__.py").read_text("utf-8") == ""


def test_files_and_functions_stay_small() -> None:
    files = (*FILES, ROOT / "app.py")
    assert not {_id(path) for path in files if path.read_text("utf-8").count("\n") > 300}
    assert not {
        (_id(path), node.name)
        for path in files
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno >= 60
    }


def test_test_files_have_at_most_400_lines() -> None:
    assert not {_id(path) for path in TEST_FILES if path.read_text("utf-8").count("\n") > 400}
