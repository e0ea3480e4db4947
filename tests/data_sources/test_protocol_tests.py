"""What /nguon says of a protocol's trials is what the tests try: no line without its test, no kind without words."""

import ast
from functools import cache
from pathlib import Path

import pytest

from components.sources.source_table import ALL_PROTOCOLS, covered_faults, protocol_name, protocol_tests
from components.ui.i18n import LANGS, t
from data_sources import protocols
from tests.data_sources.test_contract import CASES

HERE = Path(__file__).parent
NAMED = [
    (protocol, fault, one)
    for protocol, faults in protocol_tests().items()
    for fault, tests in faults.items()
    for one in tests
]


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of a file's tests, those left out by a mark among them not."""
    tree = ast.parse(next(HERE.rglob(f"{file}.py")).read_text("utf-8"))
    functions = (one for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(
        one.name for one in functions if "skip" not in str([ast.dump(mark) for mark in one.decorator_list])
    )


@pytest.mark.parametrize(("protocol", "fault", "named"), NAMED, ids=lambda one: str(one)[-60:])
def test_every_line_names_a_test_that_is_there(protocol: str, fault: str, named: str) -> None:
    file, _, name = named.partition("::")
    assert name in names_in(file), f"{protocol}.{fault}: {named}"
    assert protocol == ALL_PROTOCOLS or protocol in protocols()
    assert all(t(f"protocol_tests.{fault}", lang) for lang in LANGS)


def test_what_is_said_of_all_is_tried_with_all() -> None:
    assert {one.protocol for one in CASES} == set(protocols())
    assert all(
        named.startswith("test_contract::") for tests in protocol_tests()[ALL_PROTOCOLS].values() for named in tests
    )
    assert all(set(covered_faults(protocol)) >= set(protocol_tests()[ALL_PROTOCOLS]) for protocol in protocols())


def test_every_protocol_of_its_own_tests_is_in_the_table() -> None:
    tried = {one for one in protocols() if (HERE / f"test_{one}.py").exists()}
    assert tried <= set(protocol_tests()) and all(len(covered_faults(one)) >= 5 for one in tried)
    assert protocol_name("cap", "vi") == "Cảnh báo CAP" and protocol_name("unheard", "vi") == "unheard"
