"""Who does what else is possible: named at once to who may do nothing."""

import pytest

from components.directives.act_buttons import other_acts
from ioc.domain.directives.acts import Act
from ioc.domain.directives.task_status import WorkState


@pytest.mark.parametrize(("offered", "is_open"), [((), True), ((Act.REPORT,), False)])
def test_others_are_open_for_who_may_do_nothing(offered: tuple[Act, ...], is_open: bool) -> None:
    assert ('<details class="others" open>' in other_acts(WorkState.ACTIVE, offered, "vi")) is is_open
