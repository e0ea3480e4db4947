"""What is typed into the form of an act."""

import pytest

from components.directives.act_fields import field_texts, parse_act
from ioc.domain.directives.acts import Act

STAGES = {"draft": 20.0, "consultation": 40.0}


@pytest.mark.parametrize("percent", ["50", "x"])
def test_percentage_beside_a_stage_is_refused_not_replaced(percent: str) -> None:
    typed = {"text": "Xong", "stage": "consultation", "percent": percent}
    assert set(parse_act(Act.REPORT, typed, STAGES).faults) == {"percent"}


@pytest.mark.parametrize("percent", ["", "40", "40,0"])
def test_stage_states_the_percentage(percent: str) -> None:
    typed = {"text": "Xong", "stage": "consultation", "percent": percent}
    parsed = parse_act(Act.REPORT, typed, STAGES)
    assert not parsed.faults and parsed.stated.percent == 40


def test_form_of_a_draft_with_a_stage_leaves_the_percentage_empty_so_that_another_stage_can_be_chosen() -> None:
    draft = parse_act(Act.REPORT, {"text": "Xong", "stage": "draft"}, STAGES).stated
    begun = field_texts(Act.REPORT, draft)
    assert begun["stage"] == "draft" and "percent" not in begun
    assert not parse_act(Act.REPORT, begun | {"stage": "consultation"}, STAGES).faults
