"""SensorThings: paging by next-link only, times and ids in all their forms, errors that are no JSON."""

import json
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_sources.sensorthings import Options, fetch, parse
from ioc.domain.ingest.protocol import Payload, ResponsePage, SourceError
from ioc.domain.ingest.reading import Batch
from tests.data_sources.server import NOW, door, fixture, row, serving, shared

BASE = "http://127.0.0.1:9/v1.1"


def read(*bodies: bytes, **options: Any) -> Batch:
    return parse(row(BASE, options), Payload(tuple(ResponsePage(one, address=BASE) for one in bodies)), NOW)


def test_datastreams_with_their_newest_observations() -> None:
    batch = parse(row(BASE, {"missing": [-9999]}), Payload((fixture("sensorthings.json"),)), NOW)
    assert [(one.series, one.observed.strftime("%H:%M"), one.value, one.unit) for one in batch.readings] == [
        ("muc-nuoc-can-tho", "09:10", 1.87, "m"),
        ("muc-nuoc-can-tho", "09:00", 1.85, "m"),
        ("mua", "09:00", 3.5, "mm"),
        ("mua", "07:00", None, "mm"),
        ("mua", "06:00", 0.0, "mm"),
    ]
    assert [one.failure for one in batch.rejected_items] == [
        "value is a dict, not a number",
        "'yesterday' is not a time",
        "phenomenonTime is missing",
        "the observation is no object",
    ]
    assert batch.rejected_items[0].location == "page 1, value[2].Observations[0]"


def test_series_by_id_by_property_and_by_name() -> None:
    body = fixture("sensorthings.json").body
    keys = {one.series for one in read(body, series="s-{id}").readings}
    assert keys == {"s-1", "s-0b5c9f0e-7d0a-4f0e-9f57-2b7b1d0c0a11"}
    assert {one.series for one in read(body, series="{properties.code}").readings} == {"ct-1", "mua"}
    named = read(body, names={"Mưa": "rain"}, units={"mm": "cm"}).readings
    assert {(one.series, one.unit) for one in named} == {("muc-nuoc-can-tho", "m"), ("rain", "cm")}
    assert {one.unit for one in read(body, unit="km").readings} == {"km"}


def test_lines_of_json_as_some_servers_stream_them() -> None:
    page = ResponsePage(shared("sensorthings/geonovum_observations1.json").read_bytes())
    batch = parse(row(BASE, {"series": "ground-water", "unit": "m"}), Payload((page,)), NOW)
    assert len(batch.readings) > 3000 and not batch.rejected_items
    assert batch.readings[0].value == 10.906


@pytest.mark.parametrize(
    "name", ["indoor_Thing_top5things.json", "indoor_Location_locations.json", "frost_entitiesDefault.json"]
)
def test_real_answers_about_other_entities_bring_nothing_and_break_nothing(name: str) -> None:
    batch = parse(row(BASE), Payload((ResponsePage(shared(f"sensorthings/{name}").read_bytes()),)), NOW)
    assert not batch.readings
    assert name.startswith("frost") or "another origin" in batch.rejected_items[0].failure


async def paged(count: int, link: str = "/v1.1/Datastreams?page={n}", **options: Any) -> tuple[list[str], Batch]:
    """The addresses that were asked and what came of them, from a service of `count` pages."""

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path_qs)
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

    asked: list[str] = []
    async with serving(handler) as base, door() as way:
        source = row(f"{base}/v1.1", options)
        return asked, parse(source, await fetch(source, way.context_for(source)), NOW)


async def test_pages_are_followed_by_their_next_link() -> None:
    asked, batch = await paged(3, filter="properties/city eq 'Cần Thơ'")
    assert [one.value for one in batch.readings] == [1, 2, 3] and not batch.rejected_items
    assert asked[0].startswith("/v1.1/Datastreams?$expand=Observations($top") and "$filter=properties" in asked[0]
    assert asked[1:] == ["/v1.1/Datastreams?page=2", "/v1.1/Datastreams?page=3"]


async def test_pages_are_bounded_and_the_rest_is_told() -> None:
    asked, batch = await paged(9, pages=2)
    assert len(asked) == 2 and "more pages" in batch.rejected_items[0].failure


async def test_a_next_link_to_another_origin_is_not_followed() -> None:
    asked, batch = await paged(2, link="http://169.254.169.254/v1.1/Datastreams?page={n}")
    assert len(asked) == 1 and len(batch.readings) == 1
    assert (batch.rejected_items[0].failure, batch.rejected_items[0].sample) == (
        "the next-link leads to another origin",
        "http://169.254.169.254/v1.1/Datastreams",
    )


async def test_a_next_link_that_goes_in_circles_ends() -> None:
    asked, batch = await paged(9, link="/v1.1/Datastreams?page=1")
    assert len(asked) == 2 and len(batch.readings) == 2


async def test_unchanged_pages_still_lead_to_the_next() -> None:
    async def handler(request: web.Request) -> web.Response:
        n = int(request.query.get("page", "1"))
        asked.append(n)
        tag = f'"{n}-{version if n == 2 else 0}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        stream = {"name": f"s{n}", "Observations": [{"phenomenonTime": "2026-11-24T09:00:00Z", "result": version}]}
        more = {"@iot.nextLink": f"/v1.1/Datastreams?page={n + 1}"} if n < 2 else {}
        return web.json_response({"value": [stream], **more}, headers={"ETag": tag})

    asked: list[int] = []
    version = 1
    async with serving(handler) as base, door() as way:
        source = row(f"{base}/v1.1")
        assert len((await fetch(source, way.context_for(source))).pages) == 2
        assert (await fetch(source, way.context_for(source))).is_unchanged
        version = 2
        payload = await fetch(source, way.context_for(source))
    assert asked == [1, 2] * 3
    assert [one.series for one in parse(source, payload, NOW).readings] == ["s2"]


async def test_one_streams_observations() -> None:
    async def handler(request: web.Request) -> web.Response:
        asked.append(dict(request.query))
        return web.json_response(
            {"value": [{"phenomenonTime": "2026-11-24T09:00:00Z", "resultTime": None, "result": 4}]}
        )

    asked: list[dict[str, str]] = []
    async with serving(handler) as base, door() as way:
        source = row(f"{base}/v1.1/", {"path": "Datastreams(5)/Observations", "series": "level", "newest": 3})
        batch = parse(source, await fetch(source, way.context_for(source)), NOW)
    assert asked == [{"$top": "3", "$orderby": "phenomenonTime desc"}]
    assert [(one.series, one.value) for one in batch.readings] == [("level", 4)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"Internal error", "not JSON"),
        (b"", "empty"),
        (b"<html>", "HTML"),
        (b'{"code": 500, "type": "error", "message": "No such entity"}', "the service says: No such entity"),
        (b'{"value": 3}', "not a list"),
        (b"3", "not a list"),
        (b'{"value": [', "not JSON"),
        (b"[" * 10_000, "too deep"),
        (b'{"a": 1}\nbroken', "not JSON"),
    ],
)
def test_answers_of_which_nothing_can_be_made(body: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        read(body)


def test_odd_next_links_are_told() -> None:
    for link in ("7", '"http://["', '""'):
        batch = read(b'{"value": [], "@iot.nextLink": %s}' % link.encode())
        assert not batch.readings


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


@given(st.binary() | JSON.map(lambda one: json.dumps(one).encode()))
def test_any_bytes_give_a_batch_or_a_reason(body: bytes) -> None:
    try:
        batch = read(body)
    except SourceError as error:
        assert error.failure
    else:
        assert all(one.failure for one in batch.rejected_items)
