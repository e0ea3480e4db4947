"""The number of all tasks says which rows of the list it does not count."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from components.directives.register_counters import COUNTERS, TOTAL, counters


@dataclass(frozen=True)
class Counts:
    by_state: Mapping[str, int] = field(default_factory=dict)
    orders: int = 0
    parts: int = 0


def _note(counts: Counts) -> str:
    _number, _name, *notes = counters(counts, "", "vi")["children"][COUNTERS.index(TOTAL)]
    return "".join(note.children for note in notes)


def test_note_names_what_the_total_leaves_out() -> None:
    assert _note(Counts({TOTAL: 27, "tam-dung": 1, "thu-hoi": 1})) == "không kể 1 tạm dừng, 1 thu hồi"


def test_note_has_orders_and_what_is_left_out() -> None:
    note = _note(Counts({TOTAL: 27, "cho-giao": 1200}, orders=1, parts=6))
    assert note == "có 1 giao nhiều cơ quan, 6 phần việc; không kể 1.200 chờ giao"


def test_note_is_left_out_where_the_total_counts_all() -> None:
    assert _note(Counts({TOTAL: 27})) == ""
