"""The number of all tasks says which rows of the list it does not count."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from components.directives.register_counters import COUNTERS, TOTAL, counters
from ioc.domain.directives.task_numbers import NO_TASKS, TaskNumbers


@dataclass(frozen=True)
class Counts:
    by_state: Mapping[str, int] = field(default_factory=dict)
    numbers: TaskNumbers = NO_TASKS
    orders: int = 0


def _note(counts: Counts) -> str:
    _number, _name, *notes = counters(counts, "", "vi")["children"][COUNTERS.index(TOTAL)]
    return "".join(note.children for note in notes)


def test_note_names_what_the_total_leaves_out() -> None:
    assert _note(Counts({TOTAL: 27, "tam-dung": 1, "thu-hoi": 1})) == "không kể 1 tạm dừng, 1 thu hồi"


def test_note_has_tasks_and_parts_and_what_is_left_out() -> None:
    counts = Counts({TOTAL: 24, "cho-giao": 1200}, TaskNumbers(21, 6), orders=2)
    assert _note(counts) == (
        "6 phần việc của 3 nhiệm vụ giao nhiều cơ quan + 18 nhiệm vụ khác; tính theo nhiệm vụ: 21; "
        "không kể 1.200 chờ giao, 2 dòng chung"
    )
    _number, name, *_notes = counters(counts, "", "vi")["children"][COUNTERS.index(TOTAL)]
    assert name.children == ["nhiệm vụ, phần việc"]


def test_note_is_left_out_where_the_total_counts_all() -> None:
    assert _note(Counts({TOTAL: 27})) == ""
