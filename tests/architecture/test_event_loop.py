"""The poller's event loop reads no answer: one large or hostile answer would hold up every other source."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.architecture.files import FILES, ROOT, tree

# Functions that decode bytes, by their last name; `decode` of bytes and `read_body`, which only collects, are none.
DECODERS = frozenset(
    {
        "loads", "decode_json", "parse_json", "decode_cbor", "parse_xml", "fromstring", "iterparse", "FromString",
        "session_number", "read_names", "read_documents",
    }
)  # fmt: skip
# Methods of streams and files have the same name.
COMMON_NAMES = frozenset({"read"})
SOURCE_FILES = [path for path in FILES if path.is_relative_to(ROOT / "data_sources")]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions in it, which run where they are called."""
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node
            pending += ast.iter_child_nodes(node)


def _called_names(function: Function) -> set[str]:
    """The last names of what a function calls; without what it awaits, which is a coroutine itself."""
    nodes = list(_own_nodes(function))
    awaited = {id(node.value) for node in nodes if isinstance(node, ast.Await)}
    called = [node.func for node in nodes if isinstance(node, ast.Call) and id(node) not in awaited]
    names = {node.id for node in called if isinstance(node, ast.Name)}
    return names | {node.attr for node in called if isinstance(node, ast.Attribute)}


def _functions(path: Path) -> list[Function]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@cache
def _decoders() -> frozenset[str]:
    """DECODERS, and the names of all functions that call one of them, in whatever file."""
    calls: dict[str, set[str]] = defaultdict(set)
    for path in SOURCE_FILES:
        for function in _functions(path):
            if isinstance(function, ast.FunctionDef):
                calls[function.name] |= _called_names(function)
    decoders = set(DECODERS)
    while added := {name for name, called in calls.items() if called & decoders} - decoders - COMMON_NAMES:
        decoders |= added
    return frozenset(decoders)


def test_no_coroutine_decodes_an_answer() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {function.name} calls {name}"
        for path in SOURCE_FILES
        for function in _functions(path)
        if isinstance(function, ast.AsyncFunctionDef)
        for name in sorted(_called_names(function) & _decoders())
    ]
    assert found == [], "pass the function to data_sources._http.answer_threads.read_in_thread"


def test_the_decoders_exist() -> None:
    called = {name for path in SOURCE_FILES for function in _functions(path) for name in _called_names(function)}
    assert called >= DECODERS - {"iterparse"}
