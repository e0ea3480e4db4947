"""Every error code has its texts, every text its code, and every failure that is made fills the holes of its text."""

import ast
import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from string import Formatter
from typing import NamedTuple, TypeVar

import pytest

from components.ui.i18n import LANGS, catalogue
from ioc.domain.base.failure import ErrorCode, FailureError

ROOT = Path(__file__).parents[3]
PRODUCT = ("ioc", "data_sources", "components", "pages", "simulator")
PACKAGES_WITH_CODES = ("ioc", "data_sources")
FOLDER = ROOT / "components/messages/errors"
FunctionDef = ast.FunctionDef | ast.AsyncFunctionDef
T = TypeVar("T")


class Construction(NamedTuple):
    """A call that makes a failure of `code`. `allowed`: keywords that are no parameters of the failure."""

    place: str
    code: str
    supplied: frozenset[str]
    allowed: frozenset[str] | None  # None: any
    is_complete: bool  # False: some parameters come from a mapping that is not written out


@cache
def code_classes() -> dict[str, type[ErrorCode]]:
    """Every subclass of ErrorCode in the product, by name."""
    for package in PACKAGES_WITH_CODES:
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not re.search(r"\.(migrations|__main__)", module.name):  # these run when they are imported
                importlib.import_module(module.name)
    classes = [one for one in _subclasses(ErrorCode) if one.__module__.startswith(PACKAGES_WITH_CODES)]
    names = Counter(one.__name__ for one in classes)
    assert not [name for name, count in names.items() if count > 1], "two classes of codes have the same name"
    return {one.__name__: one for one in classes}


def _subclasses(base: type[T]) -> Iterator[type[T]]:
    for one in base.__subclasses__():
        yield one
        yield from _subclasses(one)


def codes() -> list[str]:
    return [code.value for one in code_classes().values() for code in one]


def texts() -> dict[str, dict[str, str]]:
    """The texts of all codes, by code."""
    return {key.removeprefix("errors."): text for key, text in catalogue().items() if key.startswith("errors.")}


def holes(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def test_there_are_codes() -> None:
    assert {"IngestCode", "ParseCode", "HttpCode"} <= code_classes().keys() and len(codes()) > 40


def test_every_code_has_a_text_in_both_languages() -> None:
    assert not [code for code in codes() if not all(texts().get(code, {}).get(lang) for lang in LANGS)]


def test_no_text_is_without_its_code() -> None:
    assert not texts().keys() - set(codes())


def test_both_languages_have_the_same_holes() -> None:
    assert not [code for code, text in texts().items() if holes(text["vi"]) != holes(text["en"])]


def test_each_code_is_one_value_of_one_file() -> None:
    aliases = [name for one in code_classes().values() for name, code in one.__members__.items() if code.name != name]
    assert not aliases
    assert not [code for code, count in Counter(codes()).items() if count > 1]
    files = {path.stem for path in FOLDER.glob("*.toml")}
    assert not [code for code in codes() if not re.fullmatch(r"[a-z0-9_]+\.[a-z0-9_]+", code)]
    assert not {code.partition(".")[0] for code in codes()} - files


@cache
def product_trees() -> list[tuple[str, ast.Module]]:
    paths = chain.from_iterable((ROOT / folder).rglob("*.py") for folder in PRODUCT)
    return [(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))) for path in sorted(paths)]


def _named_arguments(function: FunctionDef) -> frozenset[str]:
    return frozenset(one.arg for one in (*function.args.args, *function.args.kwonlyargs))


def _takes_a_code(function: FunctionDef) -> bool:
    """Whether the first argument of a function, after self, is a code."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    first = next((one for one in arguments if one.arg not in ("self", "cls")), None)
    words = set(re.findall(r"\w+", ast.unparse(first.annotation))) if first and first.annotation else set()
    return bool(words & {"ErrorCode", *code_classes()})


@cache
def constructors() -> dict[str, frozenset[str] | None]:
    """Names of what makes a failure of a code, with the keywords that are no parameters of the failure; None: any."""
    found: dict[str, frozenset[str] | None] = {
        "Failure": frozenset({"external", "params"}),
        "__init__": frozenset({"external"}),
    }
    errors = {one.__name__ for one in _subclasses(FailureError)} | {"FailureError"}
    for _, tree in product_trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name in errors:
                own = [one for one in node.body if isinstance(one, FunctionDef) and one.name == "__init__"]
                found[node.name] = frozenset({"external"}).union(*map(_named_arguments, own))
            elif isinstance(node, FunctionDef) and node.name != "__init__" and _takes_a_code(node):
                known = found.get(node.name, frozenset())
                takes_others = node.args.kwarg is not None and node.args.kwarg.arg != "params"
                allowed = None if takes_others or known is None else known | _named_arguments(node) | {"external"}
                found[node.name] = allowed
    return found


def _codes_of(node: ast.expr) -> list[str]:
    """The codes that an expression names: Code.NAME, or one or the other of two."""
    if isinstance(node, ast.IfExp):
        return _codes_of(node.body) + _codes_of(node.orelse)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in code_classes():
        return [code_classes()[node.value.id][node.attr].value]
    return []


def constructions(place: str, tree: ast.Module) -> Iterator[Construction]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name not in constructors():
            continue
        mappings = [*node.args[1:], *(one.value for one in node.keywords if one.arg in ("params", None))]
        literal = [one for one in mappings if isinstance(one, ast.Dict)]
        keys = {key.value for one in literal for key in one.keys if isinstance(key, ast.Constant)}
        keywords = {one.arg for one in node.keywords if one.arg is not None}
        computed = any(not isinstance(key, ast.Constant) for one in literal for key in one.keys)
        is_complete = not computed and len(literal) == len(mappings)
        for code in _codes_of(node.args[0]):
            supplied = frozenset(map(str, keys | keywords))
            yield Construction(f"{place}:{node.lineno}", code, supplied, constructors()[name], is_complete)


def all_constructions() -> list[Construction]:
    return [one for place, tree in product_trees() for one in constructions(place, tree)]


def _fault(one: Construction) -> str:
    wanted = holes(texts()[one.code]["vi"]) - {"external"}
    missing = wanted - one.supplied if one.is_complete else frozenset()
    surplus = frozenset() if one.allowed is None else one.supplied - wanted - one.allowed
    return f"{one.place} {one.code}: missing {sorted(missing)}, surplus {sorted(surplus)}" if missing | surplus else ""


def test_every_failure_that_is_made_supplies_exactly_the_holes_of_its_text() -> None:
    made = all_constructions()
    assert len(made) > 20
    assert not [fault for one in made if (fault := _fault(one))]


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("Failure(IngestCode.CLOCK_AHEAD_DAYS, {'n': 3})", ""),
        ("Failure(IngestCode.CLOCK_AHEAD_DAYS, {'n': 3}, external='x')", ""),
        ("Failure(IngestCode.CLOCK_AHEAD_DAYS, params=params)", ""),
        ("Failure(IngestCode.CLOCK_AHEAD_DAYS)", "missing ['n'], surplus []"),
        ("SourceError(IngestCode.PRIVATE_ADDRESS, host='h', is_refused=True)", ""),
        ("SourceError(IngestCode.PRIVATE_ADDRESS, hosts='h')", "missing ['host'], surplus ['hosts']"),
        ("SourceError(IngestCode.PRIVATE_ADDRESS if x else IngestCode.MORE_PAGES, host='h')", "surplus ['host']"),
    ],
)
def test_a_missing_or_surplus_parameter_is_found(source: str, fault: str) -> None:
    faults = [_fault(one) for one in constructions("here", ast.parse(source))]
    assert faults and (any(fault in one for one in faults) if fault else not any(faults))
