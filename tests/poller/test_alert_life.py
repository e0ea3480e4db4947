"""Alerts, Updates, Cancels through the parser into the store, in any order over any polls: what ended stays ended."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import NamedTuple

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from data_sources.cap import parse
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.storage.db.store import Store
from ioc.storage.events import events
from tests.data_sources.server import NOW, row

SENT = "2026-11-24T15:00:00+07:00"
_fresh = count()


class Message(NamedTuple):
    """What one alert says: its kind, and the numbers of the messages that it ends."""

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


def said(messages: Sequence[Message], told: Sequence[int]) -> bytes:
    def one(n: int) -> str:
        kind, ends = messages[n]
        named = " ".join(f"s,m{other},{SENT}" for other in sorted(ends))
        return (
            f"<entry><alert><identifier>m{n}</identifier><sender>s</sender><sent>{SENT}</sent><status>Actual</status>"
            f"<msgType>{kind}</msgType><references>{named}</references><info><headline>m{n}</headline>"
            "<expires>2026-11-30T00:00:00+07:00</expires></info></alert></entry>"
        )

    return f"<feed>{''.join(map(one, told))}</feed>".encode()


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MESSAGES, POLLS)
# The index still tells the original after the Cancel has left it; and the Cancel came before what it ends.
@example([ALERT, UPDATE, CANCEL, SPARE, SPARE, SPARE], [[0], [1], [0], [0, 3]])
@example([ALERT, UPDATE, CANCEL, SPARE, SPARE, SPARE], [[2], [1], [0]])
def test_what_an_alert_has_ended_never_stands_again(
    one_store: Store, messages: list[Message], polls: list[list[int]]
) -> None:
    source, seen = row("https://a.example/index", {}, protocol="cap", key=f"cap-{next(_fresh)}"), set[int]()
    for n, told in enumerate(polls):
        at = NOW + timedelta(minutes=n)
        batch = parse(source, Payload((ResponsePage(said(messages, told)),)), at)
        assert not batch.rejected_items and len(batch.events) == len(told)
        with one_store.write() as conn:
            events.record(conn, source.key, batch.events, at)
        seen |= set(told)
        ended = {other for one in seen for other in messages[one].ends - {one}}
        with one_store.read() as conn:
            standing = {one.event.title for one in events.open_events(conn, at) if one.source == source.key}
        assert standing == {f"m{one}" for one in seen - ended if messages[one].kind != "Cancel"}
