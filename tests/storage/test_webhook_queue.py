"""Webhooks on both databases: who may post, what is accepted, and no acknowledged message is lost or read twice."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import ValidationError
from sqlalchemy import event
from werkzeug.test import TestResponse

from data_sources import protocols, webhook
from ioc.domain.base.clock_set_back import ClockWatch
from ioc.domain.ingest.health import SourceHealth, SourceState
from ioc.domain.ingest.protocol import WEBHOOK_BYTES_PER_SECOND, Payload, ResponsePage, WebhookMessage
from ioc.domain.ingest.source import Source
from ioc.poller.poll_result import PollResult
from ioc.poller.poller import Poller
from ioc.storage import webhook_queue
from ioc.storage.db.store import Store, StoreError
from ioc.storage.timeseries import readings
from ioc.storage.webhook_queue import IncomingWebhook
from ioc.web.errors import handlers
from ioc.web.middleware.rate_limit import WEBHOOK_BYTE_SECONDS, WEBHOOK_SOURCE_RATE
from ioc.web.token_bucket import Rate, TokenBuckets
from ioc.web.webhooks import endpoint, group_commit
from tests.data_sources.server import client_factory, row

NOW = datetime(2026, 11, 24, 9, 18, 7, tzinfo=UTC)
TOKEN = "a-token-of-sixteen-and-more"
OPTIONS = {"series": "{id}", "value": "v", "time": "at", "push_token": "${GAUGE_TOKEN}"}
MESSAGE = {"id": "level", "v": 1.5, "at": "2026-11-24T09:18:00Z"}


def gauge(**changes: Any) -> Source:
    return replace(row("/vao/gauge", dict(OPTIONS), key="gauge", protocol="webhook"), **changes)


def app_over(store: Store, **options: Any) -> Flask:
    app = Flask(__name__)
    senders = endpoint.senders([gauge()], {"GAUGE_TOKEN": TOKEN})
    app.register_blueprint(endpoint.blueprint(store, senders, lambda: NOW, **options))
    handlers.install(app, lambda _: False)
    return app


@pytest.fixture
def client(store: Store) -> Iterator[FlaskClient]:
    with app_over(store).test_client() as test_client:
        yield test_client


def post(client: FlaskClient, body: Any = MESSAGE, path: str = "/vao/gauge", **headers: str) -> TestResponse:
    sent = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(path, data=body if isinstance(body, bytes) else json.dumps(body), headers=sent)


def pending(store: Store) -> list[WebhookMessage]:
    with store.read() as conn:
        return webhook_queue.pending(conn, "gauge")


def test_message_is_stored_before_it_is_acknowledged(client: FlaskClient, store: Store) -> None:
    answer = post(client)
    assert (answer.status_code, answer.get_json()) == (202, {"accepted": True})
    (stored,) = pending(store)
    assert stored.page == ResponsePage(json.dumps(MESSAGE).encode(), "application/json", received_at=NOW, clock=NOW)


def test_token_is_accepted_in_its_own_header(client: FlaskClient) -> None:
    assert post(client, Authorization="", X_Token=TOKEN).status_code == 202


def test_wrong_token_and_unknown_source_get_the_same_answer(client: FlaskClient, store: Store) -> None:
    requests: tuple[tuple[str, dict[str, str]], ...] = (
        ("/vao/gauge", {"Authorization": "Bearer wrong"}),
        ("/vao/gauge", {"Authorization": ""}),
        ("/vao/gauge", {"Authorization": f"Basic {TOKEN}"}),
        ("/vao/gauge", {"Authorization": "", "X_Token": TOKEN + "x"}),
        ("/vao/gauge", {"Authorization": "Bearer é"}),
        (f"/vao/gauge?token={TOKEN}", {"Authorization": ""}),
        ("/vao/other", {}),
        ("/vao/other", {"Authorization": "Bearer " + "-" * 32}),
    )
    wrong_token = post(client, Authorization="Bearer wrong")
    for path, headers in requests:
        refused = post(client, path=path, **headers)
        assert (refused.status_code, refused.data) == (401, wrong_token.data), headers
        assert {*refused.headers.keys()} == {*wrong_token.headers.keys()}, headers
    assert pending(store) == []


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head", "options"])
def test_other_methods_than_post_are_not_allowed(client: FlaskClient, method: str) -> None:
    for path in ("/vao/gauge", "/vao/other"):
        answer = getattr(client, method)(path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_wrong_tokens_of_an_address_are_limited_and_right_ones_behind_it_are_not(store: Store) -> None:
    """Four hundred a second slowed all screens."""
    client = app_over(store, rejection_buckets=TokenBuckets(Rate(1, 2), lambda: 0.0)).test_client()
    assert [post(client, Authorization="Bearer wrong").status_code for _ in range(3)] == [401, 401, 429]
    assert client.get("/vao/other").status_code == 429 and post(client).status_code == 202


def test_body_over_the_size_limit_is_refused(client: FlaskClient, store: Store) -> None:
    assert post(client, b" " * endpoint.MAX_BODY_BYTES).status_code == 202
    assert post(client, b" " * (endpoint.MAX_BODY_BYTES + 1)).status_code == 413
    assert len(pending(store)) == 1


@pytest.mark.parametrize(("more", "status"), [(0, 202), (1, 413)])
def test_body_without_content_length_is_limited(client: FlaskClient, store: Store, more: int, status: int) -> None:
    answer = client.post(
        "/vao/gauge", input_stream=BytesIO(b" " * (endpoint.MAX_BODY_BYTES + more)), content_type="text/plain",
        headers={"X-Token": TOKEN}, environ_overrides={"wsgi.input_terminated": True},
    )  # fmt: skip
    assert (answer.status_code, [len(message.page.body) for message in pending(store)]) == (
        status, [endpoint.MAX_BODY_BYTES] if status == 202 else [],
    )  # fmt: skip


def test_only_json_cbor_and_plain_text_are_accepted(client: FlaskClient) -> None:
    kinds = {
        "application/json; charset=utf-16": 202, "application/ld+json": 202, "text/plain": 202,
        "application/cbor": 202, "application/vnd.x+json": 202, "text/html": 415, "application/xml": 415,
        "text/plain; charset*=utf-8''%00": 415, "text/plain; charset*=utf-8''utf%E2%80%AE": 415,
        "multipart/form-data; boundary=a": 415, "application/x-www-form-urlencoded": 415, "": 415,
    }  # fmt: skip
    assert {kind: post(client, Content_Type=kind).status_code for kind in kinds} == kinds


def test_compressed_body_is_refused(client: FlaskClient) -> None:
    codings = {"gzip": 415, " Br": 415, "identity": 202, "": 202}
    assert {coding: post(client, Content_Encoding=coding).status_code for coding in codings} == codings


def test_empty_body_is_refused(client: FlaskClient) -> None:
    assert post(client, b"").status_code == 400


def test_body_and_token_are_not_logged(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    post(client, {"phone": "0912345678"})
    post(client, {"phone": "0912345678"}, Authorization="Bearer wrong-token")
    assert "0912345678" not in caplog.text and "wrong-token" not in caplog.text


def test_full_queue_answers_429_with_retry_after(client: FlaskClient, store: Store) -> None:
    full = [IncomingWebhook("gauge", ResponsePage(b"1"), NOW)] * webhook_queue.MAX_PENDING
    with store.write() as conn:
        assert all(webhook_queue.enqueue(conn, full)) and webhook_queue.enqueue(conn, full[:2]) == [False, False]
        assert webhook_queue.enqueue(conn, [IncomingWebhook("other", ResponsePage(b"1"), NOW)]) == [True]
    answer = post(client)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")
    with store.write() as conn:
        webhook_queue.acknowledge(
            conn, "gauge", [message.id for message in webhook_queue.pending(conn, "gauge", limit=1)]
        )
    assert [post(client).status_code for _ in range(2)] == [202, 429]


def test_queue_is_full_by_bytes_too(client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_queue, "_ALWAYS_FIT", 2)
    monkeypatch.setattr(webhook_queue, "MAX_PENDING_BYTES", 3_000)
    assert [post(client, b" " * 1_000).status_code for _ in range(4)] == [202, 202, 202, 429]


def test_a_poll_reads_no_more_than_its_share_of_a_large_backlog(store: Store) -> None:
    with store.write() as conn:
        webhook_queue.enqueue(conn, [IncomingWebhook("gauge", ResponsePage(b"1" * 100_000), NOW)] * 30)
    fetched: list[int] = []
    with store.read() as conn:
        event.listen(conn, "after_cursor_execute", lambda *args: fetched.append(args[1].rowcount))
        messages = webhook_queue.pending(conn, "gauge", max_bytes=350_000)
        first_alone = webhook_queue.pending(conn, "gauge", max_bytes=10)
    assert [len(message.page.body) for message in messages] == [100_000] * 3 and len(first_alone) == 1
    # PostgreSQL's driver counts the rows that it holds, SQLite's does not: sizes and bodies of both queries.
    assert fetched in ([30, 3, 30, 1], [-1] * 4)


def test_rate_limit_applies_to_each_source_alone(store: Store) -> None:
    now = 0.0
    pace = TokenBuckets(WEBHOOK_SOURCE_RATE, lambda: now)
    client = app_over(store, source_buckets=pace).test_client()
    for _ in range(int(WEBHOOK_SOURCE_RATE.burst)):
        assert not pace.take("gauge")
    assert post(client).status_code == 429
    assert not pace.take("other")
    now = 1 / WEBHOOK_SOURCE_RATE.per_second
    assert [post(client).status_code for _ in range(2)] == [202, 429]


def test_bytes_of_each_source_are_limited_alone(store: Store) -> None:
    now = 0.0
    pace = TokenBuckets(WEBHOOK_BYTE_SECONDS, lambda: now)
    client = app_over(store, byte_buckets=pace).test_client()
    body = b" " * 1_000_000  # ten seconds at the default rate
    answers = [post(client, body) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429] and len(pending(store)) == 3
    assert answers[-1].headers["Retry-After"] == "8" and not pace.take("other", WEBHOOK_BYTE_SECONDS.burst)
    assert post(client, b" " * 1_000).status_code == 202  # what fits is accepted
    now = 8.0
    assert [post(client, body).status_code for _ in range(2)] == [429, 429]
    now = 8.02
    assert [post(client, body).status_code for _ in range(2)] == [202, 429]


def test_a_row_states_its_own_rate_of_bytes() -> None:
    slow = gauge(options={**OPTIONS, "bytes_per_second": 40_000})
    rates = [endpoint.senders([source], {"GAUGE_TOKEN": TOKEN})["gauge"].bytes_per_second for source in (gauge(), slow)]
    assert rates == [WEBHOOK_BYTES_PER_SECOND, 40_000]


@pytest.mark.parametrize("rate", [32_767, 10_000_001, "40000", True])
def test_a_rate_of_bytes_out_of_range_is_refused(rate: object) -> None:
    with pytest.raises(ValidationError):
        webhook.Options.model_validate({**OPTIONS, "bytes_per_second": rate})
    lowest = webhook.Options.model_validate({**OPTIONS, "bytes_per_second": 32_768}).bytes_per_second
    assert lowest and endpoint.MAX_BODY_BYTES / lowest <= WEBHOOK_BYTE_SECONDS.burst  # the largest message can pass


def test_unwritable_store_answers_503(client: FlaskClient, store: Store, tmp_path: Path) -> None:
    with closing(Store(f"sqlite:///{tmp_path / 'bare.db'}")) as bare:
        answer = post(app_over(bare).test_client())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_concurrent_messages_are_stored_once_each(store: Store) -> None:
    box = group_commit.GroupCommitQueue(store)

    def send(n: int) -> bool:
        return box.put(IncomingWebhook("gauge", ResponsePage(str(n).encode()), NOW))

    with ThreadPoolExecutor(group_commit.MAX_WAITING_SENDERS) as pool:
        assert all(pool.map(send, range(60)))
    assert sorted(int(message.page.body) for message in pending(store)) == list(range(60))


def test_store_error_is_raised_to_every_sender(tmp_path: Path) -> None:
    with closing(Store(f"sqlite:///{tmp_path / 'bare.db'}")) as bare:
        box = group_commit.GroupCommitQueue(bare)
        for _ in range(group_commit.MAX_WAITING_SENDERS + 1):  # a slot that is not released would end this
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
def test_source_without_valid_token_has_no_endpoint(
    options: dict[str, str], environment: dict[str, str], enabled: bool
) -> None:
    assert endpoint.senders([gauge(options=options, is_enabled=enabled)], environment) == {}


def poll(store: Store) -> PollResult:
    """One poll of the gauge over `store`; nothing of it is committed."""

    async def poll_once() -> list[PollResult]:
        results: list[PollResult] = []
        source = gauge()
        async with client_factory(pending_messages=partial(webhook_queue.read_pending, store, lambda: NOW)) as clients:
            poller = Poller(
                protocols(),
                clients.context_for,
                ClockWatch(lambda: NOW),
                {"gauge": SourceHealth("gauge", SourceState.DOWN, NOW)},
                results.append,
                id_key=b"key",
            )
            await poller.poll(source)
        return results

    (result,) = asyncio.run(poll_once())
    return result


def test_a_store_that_answers_too_late_is_no_fault_of_the_source(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    released, has_begun = Event(), Event()

    def hang(*_: object) -> list[WebhookMessage]:
        has_begun.set()
        released.wait(10)
        return []

    async def poll_once() -> tuple[SourceHealth, list[PollResult]]:
        results: list[PollResult] = []
        source, health = gauge(deadline=timedelta(seconds=0.2)), SourceHealth("gauge", SourceState.LIVE, NOW)
        async with client_factory(pending_messages=partial(webhook_queue.read_pending, store, lambda: NOW)) as clients:
            watch = ClockWatch(lambda: NOW)
            poller = Poller(protocols(), clients.context_for, watch, {"gauge": health}, results.append, id_key=b"key")
            await poller.poll(source)
            released.set()
        return poller.healths["gauge"], results

    monkeypatch.setattr(webhook_queue, "pending", hang)
    health, results = asyncio.run(poll_once())
    assert has_begun.is_set() and (health.state, health.last_error, results) == (SourceState.LIVE, None, [])


def commit(store: Store, result: PollResult) -> readings.IngestResult:
    with store.write() as conn:
        stored = readings.append(conn, "gauge", result.batch.readings, NOW)
        webhook_queue.acknowledge(conn, "gauge", result.message_ids)
    return stored


def test_messages_survive_a_poller_that_dies_before_its_commit(client: FlaskClient, url: str, store: Store) -> None:
    post(client)
    assert poll(store).message_ids
    with closing(Store(url)) as again:
        assert len(pending(again)) == 1
        assert commit(again, poll(again)).new == 1
        assert pending(again) == []
        assert not poll(again).is_countable


def test_repeated_message_is_one_reading(client: FlaskClient, store: Store) -> None:
    for _ in range(2):
        post(client)
    assert commit(store, poll(store)).new == 1
    post(client)
    stored = commit(store, poll(store))
    assert (stored.new, pending(store)) == (0, [])


def test_invalid_messages_are_rejected_and_acknowledged(client: FlaskClient, store: Store) -> None:
    for body in (b"<html>", b"[" * 5000, MESSAGE, b'{"id": "level", "v": "high", "at": "x"}'):
        post(client, body)
    result = poll(store)
    assert len(result.batch.readings) == 1 and len(result.batch.rejected_items) == 3
    commit(store, result)
    assert pending(store) == []


def test_only_invalid_messages_is_a_source_error(client: FlaskClient, store: Store) -> None:
    post(client, b"<html>")
    result = poll(store)
    assert result.health.consecutive_failures == 1 and result.message_ids
    commit(store, result)
    assert pending(store) == []


def test_message_without_time_has_its_receive_time(client: FlaskClient, store: Store) -> None:
    early = NOW - timedelta(hours=1)
    with store.write() as conn:
        webhook_queue.enqueue(
            conn, [IncomingWebhook("gauge", ResponsePage(b'{"id": "level", "v": 1}', "application/json"), early)]
        )
    options = {name: value for name, value in OPTIONS.items() if name != "time"}
    batch = protocols()["webhook"].parse(gauge(options=options), _payload(store), NOW)
    assert batch.readings[0].observed == early


def _payload(store: Store) -> Payload:
    return Payload(tuple(message.page for message in pending(store)))


def test_a_commit_that_comes_late_deletes_no_newer_message(store: Store) -> None:
    """Two polls may read the same message before the first one is committed."""

    def queued() -> list[int]:
        with store.read() as conn:
            return [message.id for message in webhook_queue.pending(conn, "gauge")]

    def enqueue() -> None:
        with store.write() as conn:
            webhook_queue.enqueue(conn, [IncomingWebhook("gauge", ResponsePage(b"{}"), NOW)])

    def commit_poll(message_ids: list[int]) -> None:
        with store.write() as conn:
            webhook_queue.acknowledge(conn, "gauge", message_ids)

    enqueue()
    read_twice = queued()
    commit_poll(read_twice)
    enqueue()
    commit_poll(read_twice)
    assert len(queued()) == 1
