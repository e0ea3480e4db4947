"""CAP: the severity of an alert by its words, and words that CAP does not have."""

import re

import pytest

from data_sources.cap.errors import CapCode
from ioc.domain.base.failure import Failure
from ioc.domain.base.severity import Severity
from ioc.domain.events.event import EventStage
from tests.data_sources.failures import failures
from tests.data_sources.test_cap import INFO, alert, only, read


@pytest.mark.parametrize(
    ("severity", "urgency", "certainty", "response", "expected"),
    [
        ("Extreme", "Immediate", "Observed", "Shelter", Severity.CRITICAL),
        ("Severe", "Expected", "Likely", "", Severity.CRITICAL),
        ("Severe", "Unknown", "Unknown", "", Severity.CRITICAL),
        ("Severe", "Future", "Likely", "", Severity.ATTENTION),
        ("Extreme", "Immediate", "Possible", "", Severity.ATTENTION),
        ("Moderate", "Immediate", "Observed", "", Severity.ATTENTION),
        ("Unknown", "Unknown", "Unknown", "", Severity.ATTENTION),
        ("", "", "", "", Severity.ATTENTION),
        ("Minor", "Immediate", "Observed", "", Severity.NORMAL),
        ("Extreme", "Past", "Observed", "", Severity.NORMAL),
        ("Extreme", "Immediate", "Unlikely", "", Severity.NORMAL),
        ("Severe", "Immediate", "Observed", "AllClear", Severity.NORMAL),
    ],
)
def test_severity_follows_severity_urgency_certainty_and_response(
    severity: str, urgency: str, certainty: str, response: str, expected: Severity
) -> None:
    fields = {"severity": severity, "urgency": urgency, "certainty": certainty, "responseType": response}
    info = "<info>" + "".join(f"<{name}>{text}</{name}>" for name, text in fields.items() if text) + "</info>"
    assert only(alert(info=info)).severity is expected


@pytest.mark.parametrize("field", ["severity", "urgency", "certainty"])
@pytest.mark.parametrize(("word", "is_known"), [("Unknown", True), ("Khẩn cấp", False)])
def test_word_that_cap_does_not_have_is_reported_and_the_alert_shown(field: str, word: str, is_known: bool) -> None:
    info = re.sub(f"<{field}>[^<]*", f"<{field}>{word}", INFO.format(""))
    batch = read(alert(info=info))
    assert [event.stage for event in batch.events] == [EventStage.OPEN]
    expected = [] if is_known else [Failure(CapCode.UNKNOWN_WORD, {"field": field, "word": word})]
    assert failures(batch) == expected
    assert not failures(read(alert(info=info, status="Exercise")))  # its severity is not read
