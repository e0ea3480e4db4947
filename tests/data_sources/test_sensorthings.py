"""SensorThings: paging by next-link, times and ids in all their forms, and invalid answers."""

import json
from contextlib import nullcontext
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources.sensorthings import Options, fetch, parse
from data_sources.sensorthings.errors import SensorThingsCode
from data_sources.sensorthings.fetch import checked_link
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.decoding import DecodingCode
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.parsing import ParseCode, ParseError
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.value_types import TypeCode
from tests.data_sources.server import NOW, client_factory, fixture, row, serving, shared

BASE = "http://127.0.0.1:9/v1.1"


def read(*bodies: bytes, **options: Any) -> Batch:
    return parse(row(BASE, options), Payload(tuple(ResponsePage(body, address=BASE) for body in bodies)), NOW)


def test_datastreams_are_read_with_their_newest_observations() -> None:
    batch = parse(row(BASE, {"missing": [-9999], "series": "{name}"}), Payload((fixture("sensorthings.json"),)), NOW)
    assert [
        (reading.series, f"{reading.observed:%H:%M}", reading.value, reading.unit) for reading in batch.readings
    ] == [
        ("muc-nuoc-can-tho", "09:10", 1.87, "m"),
        ("muc-nuoc-can-tho", "09:00", 1.85, "m"),
        ("mua", "09:00", 3.5, "mm"),
        ("mua", "07:00", None, "mm"),
        ("mua", "06:00", 0.0, "mm"),
    ]
    assert [item.failure for item in batch.rejected_items] == [
        Failure(ParseCode.NOT_NUMERIC, {"kind": Failure(TypeCode.OBJECT)}),
        Failure(ParseCode.NOT_A_TIME, {"text": "yesterday"}),
        Failure(SensorThingsCode.TIME_MISSING),
        Failure(SensorThingsCode.NOT_AN_OBSERVATION),
    ]
    assert batch.rejected_items[0].location == "#1 value[2].Observations[0]"


def test_series_is_named_by_id_property_or_name() -> None:
    body = fixture("sensorthings.json").body
    keys = {reading.series for reading in read(body, series="s-{id}").readings}
    assert keys == {"s-1", "s-0b5c9f0e-7d0a-4f0e-9f57-2b7b1d0c0a11"}
    assert {reading.series for reading in read(body, series="{properties.code}").readings} == {"ct-1", "mua"}
    assert {reading.series for reading in read(body).readings} == {
        "muc-nuoc-can-tho-1", "mua-0b5c9f0e-7d0a-4f0e-9f57-2b7b1d0c0a11",
    }  # fmt: skip
    named = read(body, series="{name}", names={"Mưa": "rain"}, units={"mm": "cm"}).readings
    assert {(reading.series, reading.unit) for reading in named} == {("muc-nuoc-can-tho", "m"), ("rain", "cm")}
    assert {reading.unit for reading in read(body, unit="km").readings} == {"m", "mm"}


def test_streamed_lines_of_json_are_read() -> None:
    page = ResponsePage(shared("sensorthings/geonovum_observations1.json").read_bytes())
    batch = parse(row(BASE, {"series": "ground-water", "unit": "m"}), Payload((page,)), NOW)
    assert len(batch.readings) > 3000 and not batch.rejected_items
    assert batch.readings[0].value == 10.906


def observation_line(hour: int, result: str) -> str:
    return f'{{"phenomenonTime": "2026-11-24T0{hour}:00:00Z", "result": {result}}}'


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_bare_nan_in_a_line_of_json_is_no_value_of_that_line(constant: str) -> None:
    lines = [observation_line(1, "1.5"), observation_line(2, constant)]
    batch = read("\n".join(lines).encode(), series="level")
    assert [reading.value for reading in batch.readings] == [1.5, None] and not batch.rejected_items


def test_line_that_is_no_json_is_rejected_alone_with_its_number() -> None:
    lines = [observation_line(1, "1.5"), " ", observation_line(2, "1.6")[:-3], observation_line(3, "1.7")]
    batch = read("\r\n".join(lines).encode(), series="level")
    assert [reading.value for reading in batch.readings] == [1.5, 1.7]
    (item,) = batch.rejected_items
    assert (item.location, item.failure.code) == ("#1:3", DecodingCode.NOT_JSON)
    assert "2026-11-24T02:00:00Z" in item.sample


def test_line_separator_within_a_text_ends_no_line_of_json() -> None:
    lines = [observation_line(1, "1.5"), observation_line(2, '"x\u2028y"')]
    batch = read("\n".join(lines).encode(), series="level", missing=["x\u2028y"])
    assert [reading.value for reading in batch.readings] == [1.5, None] and not batch.rejected_items


@pytest.mark.parametrize(
    "body",
    ['[\n{"result": 1},\n{"result": 2}', '{\n"value": [\n{"result": 1}\n', '1\n{"result": 1}', "<a>\n{}", "\n\nx"],
)
def test_cut_answer_in_several_lines_is_an_error_as_a_whole(body: str) -> None:
    with pytest.raises(SourceError) as raised:
        read(body.encode(), series="level")
    assert raised.value.failure.code in (
        DecodingCode.NOT_JSON, DecodingCode.XML_INSTEAD_OF_JSON, SensorThingsCode.NOT_A_LIST,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["indoor_Thing_top5things.json", "indoor_Location_locations.json"])
def test_real_answers_with_other_entities_are_rejected_with_what_to_do(name: str) -> None:
    batch = parse(row(BASE), Payload((ResponsePage(shared(f"sensorthings/{name}").read_bytes()),)), NOW)
    assert not batch.readings
    codes = [item.failure.code for item in batch.rejected_items]
    assert codes[0] == SensorThingsCode.NEXT_LINK_ELSEWHERE and set(codes[1:]) == {SensorThingsCode.NO_OBSERVATIONS}


def test_real_thing_with_nested_datastreams_gives_every_observation() -> None:
    page = ResponsePage(shared("sensorthings/frost_entitiesDefault.json").read_bytes())
    batch = parse(row(BASE, {"series": "{Thing.properties.reference}-{name}"}), Payload((page,)), NOW)
    assert len(batch.readings) == 4 and not batch.rejected_items
    assert {reading.series for reading in batch.readings} == {
        "firstthing-datastream-name-1",
        "firstthing-datastream-name-2",
    }


def observation(value: float, minute: int = 0) -> dict[str, Any]:
    return {"phenomenonTime": f"2026-11-24T09:{minute:02}:00Z", "result": value}


def stream(n: int, *observations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "@iot.id": n,
        "name": f"s{n}",
        "unitOfMeasurement": {"symbol": "m"},
        "Observations": [*observations],
        **more,
    }


@given(st.lists(st.lists(st.lists(st.floats(-100, 100), max_size=3), max_size=3), max_size=3))
def test_observations_nested_in_things_are_those_of_their_datastreams(things: list[list[list[float]]]) -> None:
    numbered = [
        (10 * t + d, t, [observation(value, k) for k, value in enumerate(values)])
        for t, streams in enumerate(things)
        for d, values in enumerate(streams)
    ]
    flat = {"value": [stream(n, *observations) for n, _, observations in numbered]}
    nested = {
        "value": [
            {"name": f"t{t}", "Datastreams": [stream(n, *observed) for n, of, observed in numbered if of == t]}
            for t in range(len(things))
        ]
    }
    assert read(json.dumps(nested).encode()) == read(json.dumps(flat).encode())
    by_thing = read(json.dumps(nested).encode(), series="{Thing.name}-{name}").readings
    assert [reading.series for reading in by_thing] == [f"t{t}-s{n}" for n, t, observed in numbered for _ in observed]


@given(st.lists(st.floats(-100, 100), max_size=5), st.permutations(["id", "phenomenonTime", "resultTime", "result"]))
def test_data_array_gives_the_same_readings_as_observations(values: list[float], components: list[str]) -> None:
    observed = [{"id": n, "resultTime": None, **observation(value, n)} for n, value in enumerate(values)]
    array = {
        "Datastream@iot.navigationLink": f"{BASE}/Datastreams(7)", "components": components,
        "dataArray@iot.count": len(values), "dataArray": [[one[name] for name in components] for one in observed],
    }  # fmt: skip
    body = json.dumps({"value": [array]}).encode()
    plain = json.dumps({"value": [{"@iot.id": "7", "name": "x", "Observations": observed}]}).encode()
    assert read(body, series="s-{id}") == read(plain, series="s-{id}")
    with_stream = json.dumps({"value": [{**array, "Datastream": stream(7)}]}).encode()
    assert {(one.series, one.unit) for one in read(with_stream).readings} <= {("s7-7", "m")}


@pytest.mark.parametrize(
    "array",
    [
        {"dataArray": [[1]]},
        {"components": "result", "dataArray": [[1]]},
        {"components": ["result"], "dataArray": 3},
        {"components": ["phenomenonTime", "result"], "dataArray": [[1], "x", None]},
    ],
)
def test_data_array_that_does_not_fit_its_components_is_rejected(array: dict[str, Any]) -> None:
    batch = read(json.dumps({"value": [array]}).encode())
    assert not batch.readings
    assert {item.failure.code for item in batch.rejected_items} == {SensorThingsCode.DATA_ARRAY}


async def test_datastreams_of_a_thing_are_followed_by_their_own_next_link_on_the_same_server_only() -> None:
    async def handler(request: web.Request) -> web.Response:
        requests.append(request.path_qs)
        if "skip" in request.query:
            return web.json_response({"value": [stream(2, observation(2.0))]})
        thing = {"name": "t", "Datastreams": [stream(1, observation(1.0))]}
        links = ("/v1.1/Things(1)/Datastreams?skip=1", "https://other.example/v1.1/Things(2)/Datastreams")
        things = [{**thing, "Datastreams@iot.nextLink": link} for link in links]
        return web.json_response({"value": things})

    requests: list[str] = []
    async with serving(handler) as base, client_factory() as factory:
        source = row(f"{base}/v1.1", {"path": "Things"})
        batch = parse(source, await fetch(source, factory.context_for(source)), NOW)
    assert [(reading.series, reading.value) for reading in batch.readings] == [
        ("s1-1", 1.0),
        ("s1-1", 1.0),
        ("s2-2", 2.0),
    ]
    assert [item.failure.code for item in batch.rejected_items] == [SensorThingsCode.NEXT_LINK_ELSEWHERE]
    expand = "Datastreams($expand=Observations($top=1;$orderby=phenomenonTime desc))"
    assert requests[0].startswith("/v1.1/Things?") and web_query(requests[0])["$expand"] == expand
    assert requests[1:] == ["/v1.1/Things(1)/Datastreams?skip=1"]


def test_observation_without_a_result_takes_no_value_away() -> None:
    bare = {"phenomenonTime": "2026-11-24T09:00:00Z"}
    batch = read(json.dumps({"value": [stream(1, bare, {**bare, "result": None})]}).encode())
    assert [reading.value for reading in batch.readings] == [None]
    assert [item.failure for item in batch.rejected_items] == [Failure(SensorThingsCode.RESULT_MISSING)]


def web_query(path: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(path).query))


async def test_number_of_pages_bounds_the_next_links_of_things_too() -> None:
    async def handler(request: web.Request) -> web.Response:
        n = int(request.query.get("page", "0"))
        links = {"Datastreams@iot.nextLink": f"/v1.1/x?page={2 * n + 1}"}
        more = {"@iot.nextLink": f"/v1.1/x?page={2 * n + 2}"}
        return web.json_response({"value": [{"name": "t", "Datastreams": [], **links}], **more})

    async with serving(handler) as base, client_factory() as factory:
        source = row(f"{base}/v1.1", {"path": "Things", "pages": 5})
        payload = await fetch(source, factory.context_for(source))
    assert len(payload.pages) == 5
    assert [item.failure for item in parse(source, payload, NOW).rejected_items] == [Failure(IngestCode.MORE_PAGES)]


async def paged(count: int, link: str = "/v1.1/Datastreams?page={n}", **options: Any) -> tuple[list[str], Batch]:
    """The addresses that were requested from a service of `count` pages, and the batch."""

    async def handler(request: web.Request) -> web.Response:
        requests.append(request.path_qs)
        n = int(request.query.get("page", "1"))
        stream = {
            "@iot.id": n,
            "name": f"s{n}",
            "Observations": [{"phenomenonTime": "2026-11-24T09:00:00Z", "result": n}],
        }
        document: dict[str, Any] = {"value": [stream]}
        if n < count:
            document["@iot.nextLink"] = link.format(n=n + 1)
        return web.json_response(document)

    requests: list[str] = []
    async with serving(handler) as base, client_factory() as factory:
        source = row(f"{base}/v1.1", options)
        return requests, parse(source, await fetch(source, factory.context_for(source)), NOW)


async def test_pages_are_followed_by_their_next_link() -> None:
    requests, batch = await paged(3, filter="properties/city eq 'Cần Thơ'")
    assert [reading.value for reading in batch.readings] == [1, 2, 3] and not batch.rejected_items
    assert requests[0].startswith("/v1.1/Datastreams?$expand=Observations($top")
    assert "$filter=properties" in requests[0]
    assert requests[1:] == ["/v1.1/Datastreams?page=2", "/v1.1/Datastreams?page=3"]


async def test_number_of_pages_is_limited_and_the_rest_is_reported() -> None:
    requests, batch = await paged(9, pages=2)
    assert len(requests) == 2 and batch.rejected_items[0].failure == Failure(IngestCode.MORE_PAGES)


async def test_next_link_to_another_server_is_not_followed() -> None:
    requests, batch = await paged(2, link="http://169.254.169.254/v1.1/Datastreams?page={n}")
    assert len(requests) == 1 and len(batch.readings) == 1
    assert (batch.rejected_items[0].failure, batch.rejected_items[0].sample) == (
        Failure(SensorThingsCode.NEXT_LINK_ELSEWHERE, {"host": "169.254.169.254"}),
        "http://169.254.169.254/v1.1/Datastreams",
    )


async def test_circular_next_links_end() -> None:
    requests, batch = await paged(9, link="/v1.1/Datastreams?page=1")
    assert len(requests) == 2 and len(batch.readings) == 2


async def test_unchanged_page_still_leads_to_the_next() -> None:
    async def handler(request: web.Request) -> web.Response:
        n = int(request.query.get("page", "1"))
        requests.append(n)
        tag = f'"{n}-{version if n == 2 else 0}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        observation = {"phenomenonTime": "2026-11-24T09:00:00Z", "result": version}
        stream = {"@iot.id": n, "name": "s", "Observations": [observation]}
        more = {"@iot.nextLink": f"/v1.1/Datastreams?page={n + 1}"} if n < 2 else {}
        return web.json_response({"value": [stream], **more}, headers={"ETag": tag})

    requests: list[int] = []
    version = 1
    async with serving(handler) as base, client_factory() as factory:
        source = row(f"{base}/v1.1")
        assert len((await fetch(source, factory.context_for(source))).pages) == 2
        assert (await fetch(source, factory.context_for(source))).is_unchanged
        version = 2
        payload = await fetch(source, factory.context_for(source))
    assert requests == [1, 2] * 3
    assert [reading.series for reading in parse(source, payload, NOW).readings] == ["s-2"]


async def test_observations_of_one_datastream_are_read() -> None:
    async def handler(request: web.Request) -> web.Response:
        requests.append(dict(request.query))
        return web.json_response(
            {"value": [{"phenomenonTime": "2026-11-24T09:00:00Z", "resultTime": None, "result": 4}]}
        )

    requests: list[dict[str, str]] = []
    async with serving(handler) as base, client_factory() as factory:
        source = row(f"{base}/v1.1/", {"path": "Datastreams(5)/Observations", "series": "level", "newest": 3})
        batch = parse(source, await fetch(source, factory.context_for(source)), NOW)
    assert requests == [{"$top": "3", "$orderby": "phenomenonTime desc"}]
    assert [(reading.series, reading.value) for reading in batch.readings] == [("level", 4)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"Internal error", DecodingCode.NOT_JSON),
        (b"", DecodingCode.EMPTY),
        (b"<html>", DecodingCode.HTML),
        (b'{"code": 500, "type": "error", "message": "No such entity"}', IngestCode.SERVICE_MESSAGE),
        (b'{"value": 3}', SensorThingsCode.NOT_A_LIST),
        (b"{}", SensorThingsCode.NOT_A_LIST),
        (b"[]", SensorThingsCode.NOT_A_LIST),
        (b'{"status": "ok"}', SensorThingsCode.NOT_A_LIST),
        (b'{"type": "FeatureCollection", "features": []}', SensorThingsCode.NOT_A_LIST),
        (b"3", SensorThingsCode.NOT_A_LIST),
        (b'{"value": [', DecodingCode.NOT_JSON),
        (b"[" * 10_000, DecodingCode.JSON_TOO_DEEP),
        (b'{"a": 1}\nbroken', DecodingCode.NOT_JSON),
    ],
)
def test_unreadable_answer_fails_with_its_code(body: bytes, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        read(body)
    assert caught.value.failure.code == code


def test_message_of_the_service_is_quoted() -> None:
    with pytest.raises(SourceError) as caught:
        read(b'{"code": 500, "type": "error", "message": "No such entity"}')
    assert caught.value.failure == Failure(IngestCode.SERVICE_MESSAGE, external="No such entity")


@pytest.mark.parametrize(
    ("link", "codes"),
    [("7", [SensorThingsCode.NEXT_LINK_INVALID]), ('"http://["', [SensorThingsCode.NEXT_LINK_INVALID]), ('""', [])],
)
def test_invalid_next_link_is_reported(link: str, codes: list[str]) -> None:
    batch = read(b'{"value": [], "@iot.nextLink": %s}' % link.encode())
    assert [item.failure.code for item in batch.rejected_items] == codes


@pytest.mark.parametrize(
    "options", [{"series": "{[}"}, {"zone": "X/Y"}, {"unit": "furlong"}, {"pages": 0}, {"name": "a"}]
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)


WORDS = st.sampled_from(
    ["value", "Observations", "phenomenonTime", "result", "name", "@iot.id", "@iot.nextLink", "unitOfMeasurement"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8) | st.just("2026-11-24T08:00Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=30,
)


@given(st.binary() | JSON.map(lambda document: json.dumps(document).encode()))
def test_any_bytes_give_a_batch_or_a_source_error(body: bytes) -> None:
    try:
        batch = read(body)
    except SourceError as error:
        assert error.failure.code
    else:
        assert all(item.failure.code for item in batch.rejected_items)


@pytest.mark.parametrize(("port", "is_followed"), [(8644, True), (8645, False)])
def test_next_link_to_a_host_with_its_port_is_followed_where_the_row_names_it(port: int, is_followed: bool) -> None:
    source, link = row("https://a.example/v1.1", allowed_hosts=("b.example:8644",)), f"https://b.example:{port}/v1.1"
    with nullcontext() if is_followed else pytest.raises(ParseError):
        assert checked_link(source, ResponsePage(b""), link) == link
