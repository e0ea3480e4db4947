"""Who does what else is possible: named at once to who may do nothing; which button is the main one."""

import pytest

from components.directives.act_buttons import ORDERED_ACTS, other_acts, shown_buttons
from ioc.domain.directives.acts import Act
from ioc.domain.directives.task_status import WorkState


@pytest.mark.parametrize(("offered", "is_open"), [((), True), ((Act.REPORT,), False)])
def test_others_are_open_for_who_may_do_nothing(offered: tuple[Act, ...], is_open: bool) -> None:
    assert ('<details class="others" open>' in other_acts(WorkState.ACTIVE, offered, "vi")) is is_open


def test_draft_that_was_handed_over_is_no_more_the_main_button() -> None:
    drafted = (Act.ANSWER_EXPLANATION, Act.REPORT)

    def main(*handed_over: Act) -> list[Act]:
        colors = shown_buttons((), (), drafted, {}, "vi", handed_over=handed_over)["color"]
        return [act for act, color in zip(ORDERED_ACTS, colors, strict=True) if color == "primary"]

    assert main() == [Act.ANSWER_EXPLANATION] and main(Act.ANSWER_EXPLANATION) == [Act.REPORT]
    assert main(*drafted) == []
