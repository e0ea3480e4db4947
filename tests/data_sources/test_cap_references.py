"""CAP: alerts that end others."""

import pytest

from data_sources.cap.errors import CapCode
from ioc.domain.base.failure import Failure
from ioc.domain.events.event import EventStage
from tests.data_sources.failures import codes, failures
from tests.data_sources.test_cap import LATER, SENT, alert, key, only, read


def test_an_update_and_a_cancel_end_the_alerts_that_they_reference() -> None:
    update = only(
        alert("B", f"<references>s,A,{SENT}  s,A0,2026-11-24T14:00:00+07:00</references>", msgType="Update", sent=LATER)
    )
    assert update.stage is EventStage.OPEN and update.source_status == "Update"
    assert update.replaces == (key("A"), key("A0", "2026-11-24T07:00:00+00:00"))
    cancel = only(alert("C", "<note>Hết mưa</note>", "", msgType="Cancel", references=f"s,B,{SENT}"))
    assert (cancel.stage, cancel.title, cancel.replaces) == (EventStage.CANCELLED, "Hết mưa", (key("B"),))


def test_an_alert_replaced_in_the_same_answer_is_cancelled() -> None:
    body = alert("A") + alert("B", msgType="Update", references=f"s,A,{SENT}", sent=LATER)
    stages = [one.stage for one in read(f"<feed>{body}</feed>").events]
    assert stages == [EventStage.CANCELLED, EventStage.OPEN]


@pytest.mark.parametrize("sent", [SENT, LATER])
def test_alerts_that_reference_each_other_leave_the_last_one_open_or_both(sent: str) -> None:
    first = alert("A", msgType="Update", references=f"s,B,{sent}")
    second = alert("B", msgType="Update", references=f"s,A,{SENT}", sent=sent)
    batch = read(f"<feed>{first}{second}</feed>")
    is_apart = sent == LATER
    assert [one.stage is EventStage.OPEN for one in batch.events] == [not is_apart, True]
    assert codes(batch) == [CapCode.REFERENCE_LATER] * (1 if is_apart else 2)


def test_an_invalid_reference_is_reported_and_the_alert_shown() -> None:
    batch = read(alert("B", references=f"nothing s,A,{SENT}", msgType="Update", sent=LATER))
    assert batch.events[0].replaces == (key("A"),)
    assert failures(batch) == [Failure(CapCode.INVALID_REFERENCE, {"reference": "nothing"})]
