"""Paths of names and positions are read without the library, with its results."""

from typing import Any

import jmespath
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data_sources._mapping import find

_NAMES = st.sampled_from(["a", "b1", "_c"])
_DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(_NAMES, children, max_size=3),
    max_leaves=12,
)
_STEPS = st.lists(_NAMES.map(lambda name: f".{name}") | st.integers(0, 3).map(lambda n: f"[{n}]"), max_size=4)


@given(_NAMES, _STEPS, _DOCUMENTS)
@example("a", [".b1", "[1]"], {"a": {"b1": [1, {"x": 2}]}})
def test_plain_path_finds_what_the_library_finds(first: str, steps: list[str], document: Any) -> None:
    path = first + "".join(steps)
    assert find(document, path) == jmespath.search(path, document)


@pytest.mark.parametrize(("path", "expected"), [
    ("a[-1]", 3), ("a[1:]", [2, 3]), ("a[0] || b", 1), ("length(a)", 3), ('"ô"', 4), ("[a[0], b]", [1, 5]), ("@", None),
])  # fmt: skip
def test_other_expressions_are_left_to_the_library(path: str, expected: Any) -> None:
    document = {"a": [1, 2, 3], "ô": 4, "b": 5}
    assert find(document, path) == (document if path == "@" else expected)
