"""The files of the product and of the tests, and what each imports, for the tests of the architecture."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("benchmarks", "components", "data_sources", "ioc", "pages", "simulator")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TEST_FILES = sorted((ROOT / "tests").rglob("*.py"))


def module_name(path: Path) -> str:
    """The dotted name of a file: "ioc.auth.login", or of its package for an __init__.py."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


@cache
def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text("utf-8"))


@cache
def imported_names(path: Path) -> frozenset[str]:
    """The full names of everything that a file imports, wherever in the file, TYPE_CHECKING included."""
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def imported_files(path: Path) -> set[Path]:
    """The product's files that a file imports. `from package import module` counts as the module alone."""
    names = imported_names(path)
    modules = {name for name in names if name in MODULES}
    packages = {name for name in modules if MODULES[name].name == "__init__.py"}
    for name in packages:
        symbols = {other for other in names if other.startswith(f"{name}.") and other.count(".") == name.count(".") + 1}
        if symbols and all(symbol in MODULES for symbol in symbols):
            modules.discard(name)
    return {MODULES[name] for name in modules} - {path}
