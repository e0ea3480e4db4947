"""Every sentence that a protocol, the domain, a poll, the configuration or a command can tell is said in Vietnamese."""

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest

from components.ui.error_messages import config_error_text, rejection_text, source_error_text

ROOT = Path(__file__).parents[2]
FILES = sorted(
    [
        *(ROOT / "data_sources").rglob("*.py"),
        *(ROOT / "ioc" / "domain").rglob("*.py"),
        *(ROOT / "ioc" / "net").glob("*.py"),
        *(ROOT / "ioc" / "config").rglob("*.py"),
        *(ROOT / "ioc" / "cli").glob("*.py"),
        ROOT / "ioc" / "poller" / "poller.py",
        ROOT / "ioc" / "poller" / "retry_split.py",
    ]
)
_SENTENCE = re.compile(r"[a-z]{2,}:? [a-z]{2,}")
_ACCENTED = re.compile(r"[\u00c0-\u1ef9]")
_ENGLISH = re.compile(r"\b(?:the|is|are|was|of|not|no|would|cannot)\b")
# What reads like a sentence and is none that is kept: a name, what others say, a line of the log, a fault of ours.
_CALLS = {"Text", "RuntimeError", "OSError", "exception", "warning", "info", "Field"}
_NO_REASON = {
    "absolute value", "quality code", "<!doctype html", "left out", "Weather data by Open-Meteo.com",
    "phenomenonTime desc", "resultTime desc", "authentication failed", "no password supplied", "not authorized",
    "not authorised", "; it says: {}", "less than an hour", "the source's clock is ", "news item", "rain rate",
    "flow of vehicles", " named STATION_yyyyMMddHHmmss.txt of the last {} h",
}  # fmt: skip
# Parts of sentences whose wholes tests/config say, and what stands in the trail.
_PARTS = {
    "simulated and real readings never share a store", "{} {} does not exist", "{} values of at",
    "limit {} is {}, the one before {}", "generated: directives", "{}: ${{}} is not set", ", … ({} in all)",
    "Value error, ", "units without a shape", "shapes of no unit of units.yaml", "units with several shapes",
    "due lies before assigned", "an extension, but there is no due date to move",
    "an extension starts from another date than the one in force", "a submission is decided before it was made",
    "a submission follows one that was not sent back before", "{}={} is no address", "retention class",
    "kind of events", "what was closed since is not known", "{} of 32 characters or more",
}  # fmt: skip
# The words beside a number that the Vietnamese sentence tells instead.
_NUMBERED = ROOT / "data_sources" / "world" / "rules.py"
_WORDS = ("7", "x", "a.vn:80", "h")
_TABLES = ("_MEANING", "meaning")


class Kept(NamedTuple):
    """A sentence with `{}` where something stands in it, and whether each stands in quotes."""

    where: str
    text: str
    quoted: tuple[bool, ...]


def sentences(path: Path) -> Iterator[Kept]:
    """What of a file reads like a sentence and is no docstring."""
    tree = ast.parse(path.read_text("utf-8"))
    named = dict(_constants(tree))
    left = {id(part) for node in ast.walk(tree) for part in _passed_over(node, path)}
    for node in ast.walk(tree):
        if id(node) in left or not isinstance(node, ast.JoinedStr | ast.Constant):
            continue
        text, quoted = _template(node, named)
        if _SENTENCE.search(text) and not _ACCENTED.search(text) and text not in _NO_REASON | _PARTS:
            yield Kept(f"{path.relative_to(ROOT)}:{node.lineno}", text, quoted)


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from ((one.id, node.value.value) for one in node.targets if isinstance(one, ast.Name))


def _passed_over(node: ast.AST, path: Path) -> Iterator[ast.AST]:
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield from (one.value for one in node.body if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
    elif isinstance(node, ast.JoinedStr):
        yield from (part for value in node.values for part in ast.walk(value) if not isinstance(part, ast.IfExp))
    elif isinstance(node, ast.Call) and _name(node.func) in _CALLS:
        yield from (part for one in [*node.args, *node.keywords] for part in ast.walk(one))
    elif isinstance(node, ast.Assign) and path == _NUMBERED and _name(node.targets[0]) in _TABLES:
        yield from ast.walk(node.value)


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _template(node: ast.JoinedStr | ast.Constant, named: dict[str, str]) -> tuple[str, tuple[bool, ...]]:
    if isinstance(node, ast.Constant):
        text = node.value if isinstance(node.value, str) else ""
        if any(f"{{{one}}}" in text for one in ("where", "why", "host")):  # filled in by str.format
            text = re.sub(r"\{\w+\}", "{}", text)
        return text, (False,) * text.count("{}")
    parts, quoted = [], []
    for one in node.values:
        if isinstance(one, ast.Constant):
            parts.append(str(one.value))
        elif isinstance(one, ast.FormattedValue):
            known = named.get(_name(one.value))
            parts.append(known or "{}")
            quoted += [] if known else [one.conversion == ord("r")]
    return "".join(parts), tuple(quoted)


def filled(kept: Kept) -> Iterator[str]:
    """The sentence as it may be kept: with numbers, or with words, in its holes."""
    many = (
        product(_WORDS, repeat=len(kept.quoted))
        if len(kept.quoted) < 3
        else zip(*[_WORDS] * len(kept.quoted), strict=True)
    )
    for words in many:
        text = kept.text
        for word, quoted in zip(words, kept.quoted, strict=True):
            text = text.replace("{}", f"'{word}'" if quoted else word, 1)
        yield text


def known(kept: Kept) -> bool:
    """Whether it is said in Vietnamese and in nothing else."""
    told = [
        (text, say(text, "vi"))
        for text in filled(kept)
        for say in (rejection_text, source_error_text, config_error_text)
    ]
    return any(said != text and _ACCENTED.search(said) and not _ENGLISH.search(said) for text, said in told)


ALL = [one for path in FILES for one in sentences(path)]


def test_the_walk_finds_what_is_kept() -> None:
    texts = {one.text for one in ALL}
    assert {"time is missing", "{} is not a host of this source", "the camera gave no picture in time"} <= texts
    assert len(ALL) > 300


@pytest.mark.parametrize("kept", ALL, ids=[f"{one.where}-{one.text[:40]}" for one in ALL])
def test_every_sentence_that_the_code_can_tell_is_said_in_vietnamese(kept: Kept) -> None:
    assert known(kept), f"{kept.where}: {kept.text!r} has no line in components/messages: reasons, refusals or faults"


def test_one_without_a_line_is_found() -> None:
    assert not known(Kept("here", "something {} went wrong", (True,)))
