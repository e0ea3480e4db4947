"""Tables of watching pages: the parameters of their addresses, and whether the page draws its table instead."""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType

from components.ui.live_table import DRAWN, PAGE_ROWS, SEARCH, SORT, draws_table
from ioc.dash_kit.context import principal
from ioc.domain.access.principal import PrincipalKind
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.view import ParamValue, one_of

_MAX_DIGITS = 6  # of the number of a page
# Only where the table is drawn or paged are these asked of the server; elsewhere the browser searches and sorts.
DRAWN_ONLY_PARAMS = frozenset({SEARCH, SORT})


def _words(_snapshot: Snapshot, value: str) -> str:
    return " ".join(value.split())


# Of a page with a live table, beside its own `SORT: sort_param(…)`.
TABLE_PARAMS: Mapping[str, ParamValue] = MappingProxyType({SEARCH: _words, DRAWN: one_of(lambda _: {"1"})})


def sort_param(columns: Callable[[Snapshot], Collection[str]]) -> ParamValue:
    """The parameter "xep" of a page: the key of one of `columns`, or that after "-"; others say nothing."""
    return lambda snapshot, value: value if value.removeprefix("-") in columns(snapshot) else ""


def page_param(count: Callable[[Snapshot], int]) -> ParamValue:
    """The parameter "trang" of a page whose table is searched, sorted and paged by the server: from 2 to the last.

    `count`: how many rows the table has at most.
    """

    def existing_page(snapshot: Snapshot, value: str) -> str:
        is_number = value.isascii() and value.isdecimal() and len(value) <= _MAX_DIGITS
        return value if is_number and 1 < int(value) <= -(-count(snapshot) // PAGE_ROWS) else ""

    return existing_page


def shows_drawn_table(params: Mapping[str, str]) -> bool:
    """Whether the layout of the current request draws its table: on paper and on a display."""
    return draws_table(params) or principal().kind is PrincipalKind.DISPLAY
