"""How many tasks of a document were typed, apart from the parts of orders; who issues most documents."""

from datetime import date

from components.directives.positions import city_committee
from components.directives.task_numbers import counted, counted_briefly, states_note, sum_of_parts
from components.ui.forms import NONE
from components.ui.i18n import t
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.directive import Task
from ioc.domain.directives.task_numbers import TaskNumbers, add_numbers, number_of_tasks

DAY = date(2026, 11, 24)
CITY = ("ubnd", "Ủy ban nhân dân thành phố Cần Thơ")


def task(key: str, part_of: str = "") -> Task:
    return Task(key, LocalizedText(key), "a", DAY, None, part_of=part_of)


def test_parts_of_an_order_are_counted_beside_the_tasks_that_were_typed() -> None:
    tasks = [task("nv-1"), task("nv-2"), task("nv-2-1", "nv-2"), task("nv-2-2", "nv-2")]
    assert number_of_tasks(tasks) == (2, 2)
    assert (
        counted("directives.tasks", TaskNumbers(2, 2), "vi")
        == "2 nhiệm vụ (nhiệm vụ giao nhiều cơ quan có 2 phần việc)"
    )
    assert counted("directives.tasks", TaskNumbers(1200), "vi") == "1.200 nhiệm vụ"
    assert number_of_tasks(tasks[2:]) == (1, 2)  # their order is assigned already
    assert add_numbers([TaskNumbers(2, 2), TaskNumbers(1)]) == (3, 2)


def test_states_beside_a_number_of_tasks_are_told_as_a_sum_that_adds_up() -> None:
    numbers = number_of_tasks([task("nv-1"), task("nv-2"), task("nv-3-1", "nv-3"), task("nv-3-2", "nv-3")])
    assert states_note(numbers, 4, "vi") == (
        "các số khác tính trên 4: 2 phần việc của 1 nhiệm vụ giao nhiều cơ quan + 2 nhiệm vụ khác"
    )
    assert sum_of_parts(TaskNumbers(1, 1), 1, "en") == "1 part of 1 order to several agencies"
    assert states_note(TaskNumbers(4), 4, "vi") == ""
    assert counted_briefly(numbers, 4, "vi") == t("directives.tasks_by_parts", "vi", n=3, total=4)
    assert counted_briefly(TaskNumbers(4), 4, "vi") == counted("directives.tasks", TaskNumbers(4), "vi")


def test_committee_of_the_city_is_preset_only_where_it_is_plain() -> None:
    others = [("so-a", "Sở A"), ("xa-b", "Ủy ban nhân dân xã B"), ("vp", "Văn phòng Ủy ban nhân dân thành phố")]
    assert city_committee([*others, CITY]) == "ubnd"
    assert city_committee(others) == city_committee([CITY, ("x", "Ủy ban nhân dân thành phố khác")]) == NONE
