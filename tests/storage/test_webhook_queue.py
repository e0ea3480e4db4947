"""The way in, on both databases: who may post, what is taken, and that nothing acknowledged is lost or told twice."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from data_sources import protocols
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.protocol import Payload, ResponsePage, WebhookMessage
from ioc.domain.ingest.source import Source
from ioc.poller.poller import Poller, PollResult
from ioc.storage import webhook_queue
from ioc.storage.db.store import Store, StoreError
from ioc.storage.timeseries import readings
from ioc.storage.webhook_queue import IncomingWebhook
from ioc.web.middleware.rate_limit import WEBHOOK_SOURCE_RATE, TokenBuckets
from ioc.web.webhooks import endpoint, group_commit
from tests.data_sources.server import door, row

NOW = datetime(2026, 11, 24, 9, 18, 7, tzinfo=UTC)
TOKEN = "a-token-of-sixteen-and-more"
OPTIONS = {"series": "{id}", "value": "v", "time": "at", "push_token": "${GAUGE_TOKEN}"}
LETTER = {"id": "level", "v": 1.5, "at": "2026-11-24T09:18:00Z"}


def gauge(**changes: Any) -> Source:
    return replace(row("/vao/gauge", dict(OPTIONS), key="gauge", protocol="webhook"), **changes)


def app_over(store: Store, **given: Any) -> Flask:
    app = Flask(__name__)
    tokens = endpoint.push_tokens([gauge()], {"GAUGE_TOKEN": TOKEN})
    app.register_blueprint(endpoint.blueprint(store, tokens, lambda: NOW, **given))
    return app


@pytest.fixture
def client(store: Store) -> Iterator[FlaskClient]:
    with app_over(store).test_client() as made:
        yield made


def post(client: FlaskClient, body: Any = LETTER, path: str = "/vao/gauge", **headers: str) -> TestResponse:
    sent = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(path, data=body if isinstance(body, bytes) else json.dumps(body), headers=sent)


def waiting(store: Store) -> list[WebhookMessage]:
    with store.read() as conn:
        return webhook_queue.pending(conn, "gauge")


def test_a_letter_is_kept_before_it_is_acknowledged(client: FlaskClient, store: Store) -> None:
    answer = post(client)
    assert (answer.status_code, answer.get_json()) == (202, {"accepted": True})
    (kept,) = waiting(store)
    assert kept.page == ResponsePage(json.dumps(LETTER).encode(), "application/json", received_at=NOW)


def test_the_token_may_stand_in_a_header_of_its_own(client: FlaskClient) -> None:
    assert post(client, Authorization="", X_Token=TOKEN).status_code == 202


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/vao/gauge", {"Authorization": "Bearer wrong"}),
        ("/vao/gauge", {"Authorization": ""}),
        ("/vao/gauge", {"Authorization": f"Basic {TOKEN}"}),
        ("/vao/gauge", {"Authorization": "", "X_Token": TOKEN + "x"}),
        ("/vao/gauge", {"Authorization": "Bearer é"}),
        (f"/vao/gauge?token={TOKEN}", {"Authorization": ""}),
        ("/vao/other", {}),
        ("/vao/other", {"Authorization": "Bearer " + "-" * 32}),
    ],
)
def test_a_wrong_token_and_an_unknown_source_look_alike(
    client: FlaskClient, store: Store, path: str, headers: dict[str, str]
) -> None:
    refused = post(client, path=path, **headers)
    known = post(client, Authorization="Bearer wrong")
    assert (refused.status_code, refused.data) == (401, known.data)
    assert {*refused.headers.keys()} == {*known.headers.keys()}
    assert waiting(store) == []


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head", "options"])
def test_only_post(client: FlaskClient, method: str) -> None:
    for path in ("/vao/gauge", "/vao/other"):
        answer = getattr(client, method)(path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_the_largest_letter_and_one_byte_more(client: FlaskClient, store: Store) -> None:
    assert post(client, b" " * endpoint.MAX_BODY_BYTES).status_code == 202
    assert post(client, b" " * (endpoint.MAX_BODY_BYTES + 1)).status_code == 413
    assert len(waiting(store)) == 1


@pytest.mark.parametrize(("more", "status"), [(0, 202), (1, 413)])
def test_a_letter_that_does_not_say_its_length(client: FlaskClient, store: Store, more: int, status: int) -> None:
    answer = client.post(
        "/vao/gauge", input_stream=BytesIO(b" " * (endpoint.MAX_BODY_BYTES + more)), content_type="text/plain",
        headers={"X-Token": TOKEN}, environ_overrides={"wsgi.input_terminated": True},
    )  # fmt: skip
    assert (answer.status_code, [len(one.page.body) for one in waiting(store)]) == (
        status, [endpoint.MAX_BODY_BYTES] if status == 202 else [],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json; charset=utf-16", 202), ("application/ld+json", 202), ("text/plain", 202),
        ("application/cbor", 202), ("application/vnd.x+json", 202), ("text/html", 415), ("application/xml", 415),
        ("multipart/form-data; boundary=a", 415), ("application/x-www-form-urlencoded", 415), ("", 415),
    ],
)  # fmt: skip
def test_what_kinds_are_taken(client: FlaskClient, kind: str, status: int) -> None:
    assert post(client, Content_Type=kind).status_code == status


def test_nothing_is_refused(client: FlaskClient) -> None:
    assert post(client, b"").status_code == 400


def test_no_word_of_a_letter_gets_into_the_log(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    post(client, {"phone": "0912345678"})
    post(client, {"phone": "0912345678"}, Authorization="Bearer wrong-token")
    assert "0912345678" not in caplog.text and "wrong-token" not in caplog.text


def test_a_full_box_tells_when_to_come_again(client: FlaskClient, store: Store) -> None:
    full = [IncomingWebhook("gauge", ResponsePage(b"1"), NOW)] * webhook_queue.MAX_PENDING
    with store.write() as conn:
        assert all(webhook_queue.enqueue(conn, full)) and webhook_queue.enqueue(conn, full[:2]) == [False, False]
        assert webhook_queue.enqueue(conn, [IncomingWebhook("other", ResponsePage(b"1"), NOW)]) == [True]
    answer = post(client)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(endpoint.RETRY_SECONDS))
    with store.write() as conn:
        webhook_queue.acknowledge(conn, "gauge", [one.id for one in webhook_queue.pending(conn, "gauge", limit=1)])
    assert [post(client).status_code for _ in range(2)] == [202, 429]


def test_a_source_that_sends_too_fast_waits_alone(store: Store) -> None:
    now = 0.0
    pace = TokenBuckets(WEBHOOK_SOURCE_RATE, lambda: now)
    client = app_over(store, rate_limiter=pace).test_client()
    for _ in range(int(WEBHOOK_SOURCE_RATE.burst)):
        assert not pace.take("gauge")
    assert post(client).status_code == 429
    assert not pace.take("other")
    now = 1 / WEBHOOK_SOURCE_RATE.per_second
    assert [post(client).status_code for _ in range(2)] == [202, 429]


def test_a_store_that_does_not_take_it_is_said(client: FlaskClient, store: Store, tmp_path: Path) -> None:
    with closing(Store(f"sqlite:///{tmp_path / 'bare.db'}")) as bare:
        answer = post(app_over(bare).test_client())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, str(endpoint.RETRY_SECONDS))


def test_letters_of_many_at_once_are_each_kept_once(store: Store) -> None:
    box = group_commit.GroupCommitQueue(store)

    def send(n: int) -> bool:
        return box.put(IncomingWebhook("gauge", ResponsePage(str(n).encode()), NOW))

    with ThreadPoolExecutor(group_commit.MAX_WAITING_SENDERS) as pool:
        assert all(pool.map(send, range(60)))
    assert sorted(int(one.page.body) for one in waiting(store)) == list(range(60))


def test_a_fault_of_the_store_reaches_every_sender(tmp_path: Path) -> None:
    with closing(Store(f"sqlite:///{tmp_path / 'bare.db'}")) as bare:
        box = group_commit.GroupCommitQueue(bare)
        for _ in range(group_commit.MAX_WAITING_SENDERS + 1):  # a place that is not given back would end this
            with pytest.raises(StoreError):
                box.put(IncomingWebhook("gauge", ResponsePage(b"1"), NOW))


@pytest.mark.parametrize(
    ("options", "environment", "enabled"),
    [
        ({"push_token": "${T}"}, {}, True),
        ({"push_token": "${T}"}, {"T": "short"}, True),
        ({"push_token": "${T}"}, {"T": TOKEN}, False),
        ({"push_token": TOKEN}, {"T": TOKEN}, True),
        ({}, {"T": TOKEN}, True),
    ],
)
def test_no_door_without_a_good_token(options: dict[str, str], environment: dict[str, str], enabled: bool) -> None:
    assert endpoint.push_tokens([gauge(options=options, is_enabled=enabled)], environment) == {}


def poll(store: Store) -> PollResult:
    """One poll of the gauge over `store`; nothing of it is committed."""

    def letters(source: str) -> list[WebhookMessage]:
        with store.read() as conn:
            return webhook_queue.pending(conn, source)

    async def asked() -> list[PollResult]:
        arrivals: list[PollResult] = []
        source = gauge()
        async with door(pending_messages=letters) as way:
            poller = Poller(
                protocols(),
                way.context_for,
                lambda: NOW,
                {"gauge": SourceHealth("gauge", SourceState.DOWN, NOW)},
                arrivals.append,
            )
            await poller.poll(source)
        return arrivals

    (arrival,) = asyncio.run(asked())
    return arrival


def commit(store: Store, arrival: PollResult) -> readings.IngestResult:
    with store.write() as conn:
        kept = readings.append(conn, "gauge", arrival.batch.readings, NOW)
        webhook_queue.acknowledge(conn, "gauge", arrival.message_ids)
    return kept


def test_a_poller_that_dies_before_its_commit_loses_nothing(client: FlaskClient, url: str, store: Store) -> None:
    post(client)
    assert poll(store).message_ids
    with closing(Store(url)) as again:
        assert len(waiting(again)) == 1
        assert commit(again, poll(again)).new == 1
        assert waiting(again) == []
        assert not poll(again).is_countable


def test_what_is_posted_twice_is_one_reading(client: FlaskClient, store: Store) -> None:
    for _ in range(2):
        post(client)
    assert commit(store, poll(store)).new == 1
    post(client)
    kept = commit(store, poll(store))
    assert (kept.new, waiting(store)) == (0, [])


def test_garbage_beside_a_good_letter_is_refused_and_forgotten(client: FlaskClient, store: Store) -> None:
    for body in (b"<html>", b"[" * 5000, LETTER, b'{"id": "level", "v": "high", "at": "x"}'):
        post(client, body)
    arrival = poll(store)
    assert len(arrival.batch.readings) == 1 and len(arrival.batch.rejected_items) == 3
    commit(store, arrival)
    assert waiting(store) == []


def test_garbage_alone_is_a_fault_of_the_source_and_forgotten(client: FlaskClient, store: Store) -> None:
    post(client, b"<html>")
    arrival = poll(store)
    assert arrival.health.failures == 1 and arrival.message_ids
    commit(store, arrival)
    assert waiting(store) == []


def test_a_letter_without_a_time_is_of_the_moment_it_came(client: FlaskClient, store: Store) -> None:
    early = NOW - timedelta(hours=1)
    with store.write() as conn:
        webhook_queue.enqueue(
            conn, [IncomingWebhook("gauge", ResponsePage(b'{"id": "level", "v": 1}', "application/json"), early)]
        )
    options = {name: value for name, value in OPTIONS.items() if name != "time"}
    batch = protocols()["webhook"].parse(gauge(options=options), _payload(store), NOW)
    assert batch.readings[0].observed == early


def _payload(store: Store) -> Payload:
    return Payload(tuple(one.page for one in waiting(store)))
