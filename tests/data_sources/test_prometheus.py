"""Prometheus: answers of every kind, hostile ones, and a real server that scrapes itself."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources._http import HttpClientFactory
from data_sources._mapping import MAX_ITEMS
from data_sources.prometheus import Options, fetch, parse
from ioc.domain.base.times import utc_now
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, validate_batch
from tests.data_sources.documented import documented
from tests.data_sources.prometheus_server import prometheus
from tests.data_sources.server import NOW, door, fixture, row, serving

LOAD = {"queries": {"load-{instance}": "node_load1[5m]"}}
AT = 1795511865


def read(body: Any, options: dict[str, Any] | None = None) -> Batch:
    page = ResponsePage(body if isinstance(body, bytes) else json.dumps(body).encode())
    return parse(row(options=options or LOAD), Payload((page,)), NOW)


def answer(kind: str, result: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": kind, "result": result}}


def line(value: Any, **labels: str) -> dict[str, Any]:
    return {"metric": {"instance": "a", **labels}, "value": [AT, value]}


def test_lines_over_time() -> None:
    batch = parse(row(options=LOAD), Payload((fixture("prometheus.json"),)), NOW)
    assert [(one.series, one.value, one.observed.second) for one in batch.readings] == [
        ("load-may-1-9100", 0.52, 0), ("load-may-1-9100", None, 15), ("load-may-1-9100", None, 30),
        ("load-may-2-9100", 0.1, 1), ("load-may-2-9100", 2, 16),
    ]  # fmt: skip
    assert [(one.location, one.failure) for one in batch.rejected_items] == [
        ("load-{instance}: result[0]", "'high' is not a number"),
        ("load-{instance}: result[2]", "instance is missing: the series has no name"),
        (
            "load-{instance}: result[3]",
            "there is no plain value: histograms are read by a query that makes one of them",
        ),
    ]


def test_a_vector_and_a_scalar() -> None:
    batch = read(answer("vector", [line("1.5"), line("-Inf", instance="b")]), {**LOAD, "unit": "%"})
    assert [(one.series, one.value, one.unit) for one in batch.readings] == [
        ("load-a", 1.5, "%"),
        ("load-b", None, "%"),
    ]
    batch = read(answer("scalar", [AT, "7"]), {"queries": {"all": "scalar(x)"}})
    assert [(one.series, one.value, one.observed) for one in batch.readings] == [
        ("all", 7, datetime.fromtimestamp(AT, UTC))
    ]


def test_an_answer_without_lines_is_an_empty_batch() -> None:
    assert read(answer("vector", [])) == Batch()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"<html></html>", "HTML"),
        (b"<?xml?>", "XML"),
        (b"[" * 10_000, "too deep"),
        (b'{"status": "succ', "not JSON"),
        (b"[]", "not one of Prometheus"),
        (b"7", "not one of Prometheus"),
        ({"status": "success", "data": []}, "not one of Prometheus"),
        ({"status": "error", "errorType": "bad_data", "error": "parse error"}, "the query failed: parse error"),
        (answer("string", [AT, "x"]), "brings a string"),
        (answer("vector", {"a": 1}), "brings a vector"),
        ({"status": "success", "data": {}}, "brings a None"),
    ],
)
def test_answers_of_which_nothing_can_be_made(body: Any, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        read(body)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (7, "no plain value"),
        ({"metric": {"instance": "a"}}, "no plain value"),
        ({"metric": {"instance": "a"}, "value": [AT]}, "no plain value"),
        ({"metric": {"instance": "a"}, "value": [0, "1"]}, "is not a time"),
        ({"metric": {"instance": "a"}, "value": ["soon", "1"]}, "is not a time"),
        ({"metric": {"instance": "a"}, "value": [AT, {}]}, "not a number"),
        ({"metric": [], "value": [AT, "1"]}, "no name"),
        ({"value": [AT, "1"]}, "no name"),
    ],
)
def test_a_bad_line_goes_aside_and_the_others_stay(bad: Any, reason: str) -> None:
    batch = read(answer("vector", [bad, line("1")]))
    assert [one.series for one in batch.readings] == ["load-a"]
    assert [reason in one.failure for one in batch.rejected_items] == [True]


def test_a_query_without_an_answer_leaves_the_others() -> None:
    options = {"queries": {"a": "x", "b-{instance}": "y"}, "units": {"b-{instance}": "km"}}
    pages = (
        ResponsePage(b"<html>", address="a"),
        ResponsePage(json.dumps(answer("vector", [line("1")])).encode(), address="b-{instance}"),
    )
    batch = parse(row(options=options), Payload(pages), NOW)
    assert [(one.series, one.unit) for one in batch.readings] == [("b-a", "km")]
    assert [(one.location, one.failure) for one in batch.rejected_items] == [("a", "the answer is HTML, not JSON")]


def test_a_flood_of_values_is_cut() -> None:
    batch = read(answer("matrix", [{"metric": {"instance": "a"}, "values": [[AT, "1"]] * (MAX_ITEMS + 1)}]))
    assert len(batch.readings) == MAX_ITEMS and "left out" in batch.rejected_items[-1].failure


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_other_charsets(charset: str) -> None:
    body = json.dumps(answer("vector", [line("1", instance="Đầm")]), ensure_ascii=False).encode(charset)
    assert [one.series for one in read(body).readings] == ["load-dam"]


@pytest.mark.parametrize(("seconds", "kept"), [(86_400, 0), (-86_400, 1)])
def test_a_clock_a_day_off(seconds: int, kept: int) -> None:
    source = row(options=LOAD, series_keys=("load-a",), units={"load-a": ""})
    body = json.dumps(answer("vector", [{"metric": {"instance": "a"}, "value": [NOW.timestamp() + seconds, "1"]}]))
    admitted = validate_batch(parse(source, Payload((ResponsePage(body.encode()),)), NOW), source.polled_series(), NOW)
    assert (len(admitted.readings), len(admitted.rejected_items)) == (kept, 1 - kept)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["metric", "value", "values"]), inner),
    max_leaves=12,
)
ANSWERS = st.builds(answer, st.sampled_from(["vector", "matrix", "scalar", "string", ""]), JSON)


@given(st.binary() | (JSON | ANSWERS).map(lambda one: json.dumps(one).encode()))
def test_any_bytes_give_a_batch_or_a_reason(body: bytes) -> None:
    try:
        batch = read(body)
    except SourceError as error:
        assert error.failure
    else:
        assert all(one.failure and len(one.sample) <= 120 for one in batch.rejected_items)


@given(st.lists(st.tuples(st.integers(1, 4_000_000_000), st.floats(allow_nan=True)), max_size=20))
def test_a_good_answer_gives_exactly_its_samples(samples: list[tuple[int, float]]) -> None:
    values = [[at, repr(value).replace("inf", "Inf").replace("nan", "NaN")] for at, value in samples]
    lines = [{"metric": {"instance": "a"}, "values": values}] if values else []
    batch = read(answer("matrix", lines))
    finite = [value if abs(value) < float("inf") else None for _, value in samples]
    assert not batch.rejected_items and [one.value for one in batch.readings] == finite
    assert [one.observed.timestamp() for one in batch.readings] == [at for at, _ in samples]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"queries": {}},
        {"queries": {"a-{[}": "x"}},
        {"queries": {"a": "x"}, "units": {"b": "m"}},
        {"queries": {"a": "x"}, "minutes": 1_440, "step": 1},
        {"queries": {"a": "x"}, "unit": "furlong"},
        {"query": "x"},
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


async def test_a_range_is_asked_up_to_now() -> None:
    async def handler(request: web.Request) -> web.Response:
        heard.append((request.path, dict(request.query), request.headers.get("Authorization", "")))
        return web.json_response(answer("matrix", []), headers={"ETag": "1"})

    heard: list[tuple[str, dict[str, str], str]] = []
    options = {
        "queries": {"a": "x{y='1'}", "b": "z"},
        "minutes": 5,
        "step": 30,
        "headers": {"Authorization": "Bearer ${T}"},
    }
    async with serving(handler) as base, door(secrets={"T": "geheim"}) as way:
        source = row(f"{base}/", options)
        payload = await fetch(source, way.context_for(source))
        assert [one.address for one in payload.pages] == ["a", "b"] and not way.context_for(source).memory
    now = int(NOW.timestamp())
    over = {"start": str(now - 300), "end": str(now), "step": "30"}
    assert heard == [
        ("/api/v1/query_range", {"query": "x{y='1'}", **over}, "Bearer geheim"),
        ("/api/v1/query_range", {"query": "z", **over}, "Bearer geheim"),
    ]


async def test_the_row_of_the_page_works(tmp_path: Path) -> None:
    source = documented("prometheus", tmp_path, PROMETHEUS_TOKEN="x")
    load, up = source.options["queries"]
    pages = (
        ResponsePage(json.dumps(answer("vector", [line("1", instance="10.10.0.31:9100")])).encode(), address=load),
        ResponsePage(json.dumps(answer("vector", [line("1", job="cong-dich-vu")])).encode(), address=up),
    )
    admitted = validate_batch(parse(source, Payload(pages), NOW), source.polled_series(), NOW)
    assert {one.series for one in admitted.readings} == set(source.polled_series())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A real Prometheus that scrapes itself four times a second."""
    with prometheus(tmp_path) as address:
        yield address


async def asked(base: str, options: dict[str, Any], way: HttpClientFactory) -> Batch:
    source = row(base, options)
    return parse(source, await fetch(source, way.context_for(source)), utc_now())


async def scraped(base: str, options: dict[str, Any], way: HttpClientFactory, series: str) -> Batch:
    """What the server brings once it is up and has scraped what `series` needs."""
    async with asyncio.timeout(30):
        while True:
            with suppress(SourceError):
                batch = await asked(base, options, way)
                if any(one.series == series for one in batch.readings):
                    return batch
            await asyncio.sleep(0.1)


async def test_a_real_prometheus_that_scrapes_itself(server: str) -> None:
    queries = {
        "up-{job}": "up[1m]",
        "nan": "vector(0) / vector(0)",
        "endless": "1 / vector(0)",
        "two": "scalar(vector(2))",
    }
    counter = "prometheus_http_requests_total{handler='/api/v1/query'}"
    async with door(clock=utc_now) as way:
        batch = await scraped(server, {"queries": queries}, way, "up-self")
        found = {one.series: one for one in batch.readings}
        assert not batch.rejected_items
        assert {key: one.value for key, one in found.items()} == {"up-self": 1, "nan": None, "endless": None, "two": 2}
        assert abs(found["up-self"].observed - utc_now()) < timedelta(seconds=30)
        over = {"queries": {"asked-{code}": counter}, "minutes": 1, "step": 1}
        assert (await scraped(server, over, way, "asked-200")).readings[-1].value not in (None, 0)
        with pytest.raises(SourceError, match="answered 400"):
            await asked(server, {"queries": {"a": "sum("}}, way)
