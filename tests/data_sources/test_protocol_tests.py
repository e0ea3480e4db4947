"""The table of protocol tests on /nguon: every entry names a test that exists, every kind has a text."""

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
    (protocol, fault, test)
    for protocol, faults in protocol_tests().items()
    for fault, tests in faults.items()
    for test in tests
]


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of the tests in a file, without skipped ones."""
    tree = ast.parse(next(HERE.rglob(f"{file}.py")).read_text("utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(
        function.name
        for function in functions
        if "skip" not in str([ast.dump(mark) for mark in function.decorator_list])
    )


@pytest.mark.parametrize(("protocol", "fault", "named"), NAMED, ids=lambda value: str(value)[-60:])
def test_every_entry_names_an_existing_test(protocol: str, fault: str, named: str) -> None:
    file, _, name = named.partition("::")
    assert name in names_in(file), f"{protocol}.{fault}: {named}"
    assert protocol == ALL_PROTOCOLS or protocol in protocols()
    assert all(t(f"protocol_tests.{fault}", lang) for lang in LANGS)


def test_entries_for_all_protocols_are_contract_tests() -> None:
    assert {case.protocol for case in CASES} == set(protocols())
    assert all(
        named.startswith("test_contract::") for tests in protocol_tests()[ALL_PROTOCOLS].values() for named in tests
    )
    assert all(set(covered_faults(protocol)) >= set(protocol_tests()[ALL_PROTOCOLS]) for protocol in protocols())


def test_every_protocol_with_tests_of_its_own_is_in_the_table() -> None:
    tested = {protocol for protocol in protocols() if (HERE / f"test_{protocol}.py").exists()}
    assert tested <= set(protocol_tests()) and all(len(covered_faults(protocol)) >= 5 for protocol in tested)
    assert protocol_name("cap", "vi") == "Cảnh báo CAP" and protocol_name("unheard", "vi") == "unheard"
