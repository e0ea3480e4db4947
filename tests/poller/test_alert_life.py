"""Alerts, updates and cancellations in any order over any polls: ended ones never reopen, none ends a later one."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import NamedTuple

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from data_sources.cap import parse
from data_sources.cap.errors import CapCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.storage.db.store import Store
from ioc.storage.events import events
from tests.data_sources.server import NOW, row

SENT = "2026-11-24T15:0{}:00+07:00"  # each a minute after the one with the number before
_fresh = count()


class Message(NamedTuple):
    """An alert message: its kind, and the numbers of the messages that it ends."""

    kind: str
    ends: frozenset[int]


MESSAGES = st.lists(
    st.builds(Message, st.sampled_from(["Alert", "Update", "Cancel"]), st.frozensets(st.integers(0, 5), max_size=3)),
    min_size=6, max_size=6,
)  # fmt: skip
POLLS = st.lists(st.lists(st.integers(0, 5), unique=True), min_size=1, max_size=6)
ALERT, UPDATE, CANCEL, SPARE = (
    Message("Alert", frozenset()), Message("Update", frozenset({0})), Message("Cancel", frozenset({1})),
    Message("Alert", frozenset()),
)  # fmt: skip


def feed(messages: Sequence[Message], numbers: Sequence[int]) -> bytes:
    def entry(n: int) -> str:
        kind, ends = messages[n]
        references = " ".join(f"s,m{other},{SENT.format(other)}" for other in sorted(ends))
        return (
            f"<entry><alert><identifier>m{n}</identifier><sender>s</sender><sent>{SENT.format(n)}</sent>"
            f"<status>Actual</status><msgType>{kind}</msgType><references>{references}</references><info>"
            f"<headline>m{n}</headline><expires>2026-11-30T00:00:00+07:00</expires></info></alert></entry>"
        )

    return f"<feed><title>t</title>{''.join(map(entry, numbers))}</feed>".encode()


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MESSAGES, POLLS)
# The index still lists the original after the Cancel has left it; and a Cancel that arrives before its alert.
@example([ALERT, UPDATE, CANCEL, SPARE, SPARE, SPARE], [[0], [1], [0], [0, 3]])
@example([ALERT, UPDATE, CANCEL, SPARE, SPARE, SPARE], [[2], [1], [0]])
def test_ended_alert_never_opens_again(one_store: Store, messages: list[Message], polls: list[list[int]]) -> None:
    source, received = row("https://a.example/index", {}, protocol="cap", key=f"cap-{next(_fresh)}"), set[int]()
    for n, numbers in enumerate(polls):
        at = NOW + timedelta(minutes=n)
        batch = parse(source, Payload((ResponsePage(feed(messages, numbers)),)), at)
        assert len(batch.events) == len(numbers)
        assert {item.failure.code for item in batch.rejected_items} <= {CapCode.REFERENCE_LATER}
        with one_store.write() as conn:
            events.record(conn, source.key, batch.events, at)
        received |= set(numbers)
        ended = {other for number in received for other in messages[number].ends if other < number}
        with one_store.read() as conn:
            open_titles = {
                event.event.title for event in events.open_events(conn, at).records if event.source == source.key
            }
        assert open_titles == {f"m{number}" for number in received - ended if messages[number].kind != "Cancel"}
