"""Prometheus: answers of every kind, invalid ones, and a real server that scrapes itself."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from components.ui.error_messages import describe
from components.ui.i18n import t
from data_sources._http.errors import HttpCode
from data_sources._http.factory import HttpClientFactory
from data_sources._mapping import MAX_ITEMS
from data_sources.prometheus import Options, PrometheusCode, fetch, parse
from ioc.cli.batch_report import BatchReport
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.option_errors import OptionCode
from ioc.domain.base.times import utc_now
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch, Reading
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.documented import documented
from tests.data_sources.failures import codes, raises_failure
from tests.data_sources.prometheus_server import prometheus
from tests.data_sources.server import NOW, client_factory, fixture, row, serving

LOAD = {"queries": {"load-{instance}": "node_load1[5m]"}}
AT = 1795511865


def read(body: Any, options: dict[str, Any] | None = None) -> Batch:
    page = ResponsePage(body if isinstance(body, bytes) else json.dumps(body).encode())
    return parse(row(options=options or LOAD), Payload((page,)), NOW)


def answer(kind: str, result: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": kind, "result": result}}


def line(value: Any, **labels: str) -> dict[str, Any]:
    return {"metric": {"instance": "a", **labels}, "value": [AT, value]}


def test_each_sample_of_a_matrix_is_a_reading() -> None:
    batch = parse(row(options=LOAD), Payload((fixture("prometheus.json"),)), NOW)
    assert [(one.series, one.value, one.observed.second) for one in batch.readings] == [
        ("load-may-1-9100", 0.52, 0), ("load-may-1-9100", None, 15), ("load-may-1-9100", None, 30),
        ("load-may-2-9100", 0.1, 1), ("load-may-2-9100", 2, 16),
    ]  # fmt: skip
    assert [(item.location, item.failure.code) for item in batch.rejected_items] == [
        ("load-{instance}: result[0]", ParseCode.NOT_A_NUMBER),
        ("load-{instance}: result[2]", ParseCode.SERIES_NAME_MISSING),
        ("load-{instance}: result[3]", PrometheusCode.NO_PLAIN_VALUE),
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


@pytest.mark.parametrize(
    ("options", "count"), [({}, 1), ({"unit": "cm"}, 0), ({"units": {"load-{instance}": "cm"}}, 0)]
)
def test_values_whose_unit_nothing_names_are_counted(options: dict[str, Any], count: int) -> None:
    source = row(options={**LOAD, **options}, series_keys=("load-a",))
    batch = read(answer("vector", [line("1.5")]), {**LOAD, **options})
    checked = validate_batch(batch, source.polled_series(), NOW)
    assert len(checked.readings) == 1 and checked.assumed_unit_count == count


def test_an_answer_without_lines_is_an_empty_batch() -> None:
    assert read(answer("vector", [])) == Batch()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", DecodingCode.EMPTY),
        (b"<html></html>", DecodingCode.HTML),
        (b"<?xml?>", DecodingCode.XML_INSTEAD_OF_JSON),
        (b"[" * 10_000, DecodingCode.JSON_TOO_DEEP),
        (b'{"status": "succ', DecodingCode.NOT_JSON),
        (b"[]", PrometheusCode.NOT_PROMETHEUS),
        (b"7", PrometheusCode.NOT_PROMETHEUS),
        ({"status": "success", "data": []}, PrometheusCode.NOT_PROMETHEUS),
        ({"status": "error", "errorType": "bad_data", "error": "parse error"}, PrometheusCode.QUERY_FAILED),
        (answer("string", [AT, "x"]), PrometheusCode.RESULT_TYPE),
        (answer("vector", {"a": 1}), PrometheusCode.RESULT_TYPE),
        ({"status": "success", "data": {}}, PrometheusCode.RESULT_TYPE),
    ],
)
def test_an_invalid_answer_is_an_error(body: Any, code: ErrorCode) -> None:
    with raises_failure(code):
        read(body)


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (7, PrometheusCode.NO_PLAIN_VALUE),
        ({"metric": {"instance": "a"}}, PrometheusCode.NO_PLAIN_VALUE),
        ({"metric": {"instance": "a"}, "value": [AT]}, PrometheusCode.NO_PLAIN_VALUE),
        ({"metric": {"instance": "a"}, "value": [0, "1"]}, ParseCode.NOT_A_TIME),
        ({"metric": {"instance": "a"}, "value": ["soon", "1"]}, ParseCode.NOT_A_TIME),
        ({"metric": {"instance": "a"}, "value": [AT, {}]}, ParseCode.NOT_NUMERIC),
        ({"metric": [], "value": [AT, "1"]}, ParseCode.SERIES_NAME_MISSING),
        ({"value": [AT, "1"]}, ParseCode.SERIES_NAME_MISSING),
    ],
)
def test_an_invalid_sample_is_rejected_alone(bad: Any, code: ErrorCode) -> None:
    batch = read(answer("vector", [bad, line("1")]))
    assert [one.series for one in batch.readings] == ["load-a"]
    assert codes(batch) == [code]


def test_a_warning_is_reported_beside_the_values() -> None:
    body = {**answer("vector", [line("1")]), "warnings": ["a store did not answer"] * 9}
    batch = read(body)
    assert [one.value for one in batch.readings] == [1]
    assert [item.failure for item in batch.rejected_items] == [
        Failure(IngestCode.SERVICE_MESSAGE, {}, "a store did not answer")
    ] * 5
    assert not read({**body, "warnings": "x"}).rejected_items


def test_a_failed_query_is_rejected_alone() -> None:
    options = {"queries": {"a": "x", "b-{instance}": "y"}, "units": {"b-{instance}": "km"}}
    pages = (
        ResponsePage(b"<html>", address="a"),
        ResponsePage(json.dumps(answer("vector", [line("1")])).encode(), address="b-{instance}"),
    )
    batch = parse(row(options=options), Payload(pages), NOW)
    assert [(one.series, one.unit) for one in batch.readings] == [("b-a", "km")]
    assert [(item.location, item.failure.code) for item in batch.rejected_items] == [("a", DecodingCode.HTML)]


def test_values_beyond_the_limit_are_left_out() -> None:
    batch = read(answer("matrix", [{"metric": {"instance": "a"}, "values": [[AT, "1"]] * (MAX_ITEMS + 1)}]))
    assert len(batch.readings) == MAX_ITEMS and codes(batch)[-1] == IngestCode.ITEMS_LEFT_OUT


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_other_charsets_are_read(charset: str) -> None:
    body = json.dumps(answer("vector", [line("1", instance="Đầm")]), ensure_ascii=False).encode(charset)
    assert [one.series for one in read(body).readings] == ["load-dam"]


@pytest.mark.parametrize(("seconds", "kept"), [(86_400, 0), (-86_400, 1)])
def test_a_value_of_tomorrow_is_rejected_and_of_yesterday_accepted(seconds: int, kept: int) -> None:
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
def test_any_bytes_give_a_batch_or_a_source_error(body: bytes) -> None:
    try:
        batch = read(body)
    except SourceError as error:
        assert error.failure.code
    else:
        assert all(item.failure.code and len(item.sample) <= 120 for item in batch.rejected_items)


@given(st.lists(st.tuples(st.integers(1_000_000_000, 4_000_000_000), st.floats(allow_nan=True)), max_size=20))
def test_a_valid_answer_gives_exactly_its_samples(samples: list[tuple[int, float]]) -> None:
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
def test_invalid_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


@pytest.mark.parametrize("query", ["up[2m]", "up[2m] offset 1h", "up[1h:1m]", "rate(x[5m])[30m:]", "up[2m] @ end()"])
def test_a_query_that_ends_in_a_range_is_refused_beside_minutes(query: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Options.model_validate({"queries": {"a": "up", "b": query}, "minutes": 60})
    (error,) = caught.value.errors()
    assert error["ctx"]["error"].failure == Failure(OptionCode.RANGE_WITH_MINUTES, {"query": query})
    assert Options.model_validate({"queries": {"b": query}}).queries


@pytest.mark.parametrize(
    "query", ["rate(x[5m])", "max_over_time(x[5m] offset 1h)", 'up{a="[2m]"}', "sum(x[5m] @ end())"]
)
def test_a_range_inside_a_query_goes_with_minutes(query: str) -> None:
    assert Options.model_validate({"queries": {"b": query}, "minutes": 60}).minutes == 60


@pytest.mark.parametrize(
    ("queries", "minutes", "code", "example"),
    [
        (["up"], 0, PrometheusCode.AS_OF_REQUEST, "up[2m]"),
        (["rate(x[5m])", "up"], 0, PrometheusCode.AS_OF_REQUEST, "up[2m]"),
        (['up{a="}[b"} offset 1h'], 0, PrometheusCode.AS_OF_REQUEST, 'up{a="}[b"}[2m] offset 1h'),
        (['{__name__="up"}'], 0, PrometheusCode.AS_OF_REQUEST, '{__name__="up"}[2m]'),
        (["up"], 60, PrometheusCode.AS_OF_STEPS, "up[60m]"),
        (["rate(x[5m])"], 0, PrometheusCode.COMPUTED, ""),
        (["up[5m]", "up[5m:1m]"], 0, PrometheusCode.COMPUTED, ""),
        (["a + b"], 60, PrometheusCode.COMPUTED, ""),
        (["1"], 0, PrometheusCode.COMPUTED, ""),
    ],
)
def test_advice_on_times_helps_when_it_is_followed(queries: list[str], minutes: int, code: str, example: str) -> None:
    options = Options.model_validate(
        {"queries": {f"q{n}": query for n, query in enumerate(queries)}, "minutes": minutes}
    )
    advice = options.time_advice
    assert advice is not None and advice.code == code and advice.params.get("example", "") == example
    if example:
        assert Options.model_validate({"queries": {"a": example}}).has_own_time


def test_samples_with_their_own_times_need_no_advice() -> None:
    assert Options.model_validate({"queries": {"a": "up[2m]"}}).time_advice is None


def test_try_advises_by_the_queries_of_the_row() -> None:
    made = replace(row(options=LOAD), has_own_time=False)
    advice = Failure(PrometheusCode.COMPUTED, {"query": "rate(x[5m])"})
    batch = Batch((Reading("a", NOW - timedelta(minutes=1), 1.0),))
    text = BatchReport(made, batch, NOW, "en", time_advice=advice).text()
    assert describe(advice, "en") in text and t("commands.time_not_stated", "en") not in text


async def test_a_range_is_requested_up_to_now() -> None:
    async def handler(request: web.Request) -> web.Response:
        requests.append((request.path, dict(request.query), request.headers.get("Authorization", "")))
        return web.json_response(answer("matrix", []), headers={"ETag": "1"})

    requests: list[tuple[str, dict[str, str], str]] = []
    options = {
        "queries": {"a": "x{y='1'}", "b": "z"},
        "minutes": 5,
        "step": 30,
        "headers": {"Authorization": "Bearer ${T}"},
    }
    async with serving(handler) as base, client_factory(secrets={"T": "geheim"}) as clients:
        source = row(f"{base}/", options)
        payload = await fetch(source, clients.context_for(source))
        assert [one.address for one in payload.pages] == ["a", "b"]
        assert not any(clients.context_for(source).memory.values())  # else each range would be kept
    now = int(NOW.timestamp())
    range_params = {"start": str(now - 300), "end": str(now), "step": "30"}
    assert requests == [
        ("/api/v1/query_range", {"query": "x{y='1'}", **range_params}, "Bearer geheim"),
        ("/api/v1/query_range", {"query": "z", **range_params}, "Bearer geheim"),
    ]


@pytest.mark.parametrize("fault", [400, 422, 500, "hangs"])
async def test_a_query_that_fails_keeps_back_no_other(fault: int | str) -> None:
    end = asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        if request.query["query"] == "good":
            return web.json_response(answer("vector", [line("1")]))
        if isinstance(fault, int):
            return web.json_response({"status": "error", "error": "duplicate series"}, status=fault)
        await end.wait()
        return web.Response()

    async with serving(handler) as base, client_factory() as clients:
        source = row(f"{base}/", {"queries": {"b": "bad", "a": "good"}}, deadline=timedelta(seconds=2))
        batch = parse(source, await fetch(source, clients.context_for(source)), NOW)
        alone = row(f"{base}/", {"queries": {"b": "bad"}}, deadline=timedelta(seconds=2))
        with pytest.raises(SourceError):
            await fetch(alone, clients.context_for(alone))
        end.set()
    assert [one.series for one in batch.readings] == ["a"]
    expected = HttpCode.ERROR_STATUS if isinstance(fault, int) else IngestCode.DEADLINE_EXCEEDED
    assert codes(batch) == [expected] and batch.rejected_items[0].location == "b"


async def test_a_slow_query_has_most_of_the_deadline() -> None:
    async def handler(_request: web.Request) -> web.Response:
        await asyncio.sleep(0.6)
        return web.json_response(answer("vector", [line("1")]))

    async with serving(handler) as base, client_factory() as clients:
        source = row(f"{base}/", {"queries": {"b": "slow", "a": "slower"}}, deadline=timedelta(seconds=2))
        payload = await fetch(source, clients.context_for(source))
    assert len(payload.pages) == 2 and not payload.is_partial


@pytest.mark.parametrize("minutes", [0, 10])
async def test_a_query_slower_than_its_share_is_read_at_each_poll_after_the_first(minutes: int) -> None:
    async def handler(request: web.Request) -> web.Response:
        await asyncio.sleep(0.6 if request.query["query"] == "q0" else 0)
        return web.json_response(answer("matrix" if minutes else "vector", []))

    async with serving(handler) as base, client_factory() as clients:
        queries = {f"s{n}": f"q{n}" for n in range(16)}
        source = row(f"{base}/", {"queries": queries, "minutes": minutes}, deadline=timedelta(seconds=2))
        polls = [(await fetch(source, clients.context_for(source))).is_partial for _ in range(3)]
    assert polls == [True, False, False]


async def test_the_documented_source_can_be_read(tmp_path: Path) -> None:
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
    """A real Prometheus that scrapes itself each second."""
    with prometheus(tmp_path) as address:
        yield address


async def poll(base: str, options: dict[str, Any], clients: HttpClientFactory) -> Batch:
    source = row(base, options)
    return parse(source, await fetch(source, clients.context_for(source)), utc_now())


async def poll_until(base: str, options: dict[str, Any], clients: HttpClientFactory, series: str) -> Batch:
    """The first batch that has `series`: the server must be up and have scraped itself."""
    async with asyncio.timeout(30):
        while True:
            with suppress(SourceError):
                batch = await poll(base, options, clients)
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
    async with client_factory(clock=utc_now) as clients:
        batch = await poll_until(server, {"queries": queries}, clients, "up-self")
        readings = {reading.series: reading for reading in batch.readings}
        assert not batch.rejected_items
        values = {key: reading.value for key, reading in readings.items()}
        assert values == {"up-self": 1, "nan": None, "endless": None, "two": 2}
        assert abs(readings["up-self"].observed - utc_now()) < timedelta(seconds=30)
        over_a_minute = {"queries": {"asked-{code}": counter}, "minutes": 1, "step": 1}
        assert (await poll_until(server, over_a_minute, clients, "asked-200")).readings[-1].value not in (None, 0)
        with raises_failure(HttpCode.ERROR_STATUS, status=400):
            await poll(server, {"queries": {"a": "sum("}}, clients)
