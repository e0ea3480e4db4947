"""Imports go down only, between packages and between files; libraries stay where docs/architecture.md puts them."""

import ast
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.architecture.files import FILES, MODULES, ROOT, TEST_FILES, imported_files, imported_names, module_name, tree

_DOMAIN = "ioc.domain"


def _table(heading: str) -> dict[str, set[str]]:
    """The block under `heading` in docs/architecture.md whose rows are "names → names": by each name on the left.

    Words in parentheses are comments. A row that is indented continues the one before.
    """
    _, _, text = (ROOT / "docs" / "architecture.md").read_text("utf-8").partition(f"{heading}\n")
    block = re.sub(r"\n +|\([^)]*\)", " ", text.split("```")[1])
    rows = (line.split("→") for line in block.strip().splitlines())
    return {name: _names(right) for left, right in rows for name in _names(left)}


def _names(text: str) -> set[str]:
    return {name.strip() for name in text.split(",")}


# package -> the packages and single modules that it may import besides itself
ALLOWED = _table("## Direction of imports")
UNBOUND = {package for package, allowed in ALLOWED.items() if allowed == {"everything"}}
# library -> the packages that may import it
LIBRARIES = _table("Some libraries may be imported in certain packages only:")
# Files of data_sources/ that belong to no protocol.
SHARED_PARTS = ("data_sources._http", "data_sources._mapping", "data_sources._files", "data_sources._text")


def package_of(name: str) -> str:
    """The package by which a module is allowed its imports: "ioc.web", "pages"."""
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] == "ioc" else parts[0]


BOUND = [path for path in FILES if package_of(module_name(path)) not in UNBOUND and module_name(path) != "ioc"]


def _id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_package_imports_only_packages_below_it() -> None:
    wrong = {
        (_id(path), name)
        for path in BOUND
        for package in (package_of(module_name(path)),)
        for name in map(module_name, imported_files(path))
        if (ALLOWED[package] | {package}).isdisjoint({name, package_of(name)})
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


def test_rules_name_every_package_and_only_what_exists() -> None:
    packages = {package_of(name) for name in MODULES} - {"ioc"}
    assert packages == ALLOWED.keys()
    assert {"ioc.cli", "benchmarks"} == UNBOUND and ALLOWED[_DOMAIN] == {"the standard library"}
    named = set[str]().union(*LIBRARIES.values(), *(ALLOWED[name] for name in packages - UNBOUND - {_DOMAIN}))
    assert named <= packages | MODULES.keys()


def test_rules_name_only_libraries_that_are_installed() -> None:
    assert not {library for library in LIBRARIES if find_spec(library) is None}


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
