"""The rows of docs/recipes.md make of the messages beside them exactly the readings that the page shows."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from data_sources import protocols
from ioc.config.loading import load
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.events.validation import validate_events
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.reading import Batch
from ioc.domain.ingest.source import Source
from ioc.domain.ingest.validation import validate_batch
from tests.data_sources.server import NOW, shared

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "recipes.md").read_text("utf-8")
FENCE = re.compile(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Recipe(NamedTuple):
    """A row, its messages, each with the topic where it has one, and the lines that the page shows for them."""

    key: str
    row: str
    messages: list[tuple[str, str]]
    lines: list[str]


def _recipes() -> Iterator[Recipe]:
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        fences = FENCE.findall(section)
        (row,) = [body for kind, _, body in fences if kind == "yaml"]
        (text,) = [body for kind, _, body in fences if kind == "text"]
        messages = [(topic, body) for kind, topic, body in fences if kind in ("json", "xml")]
        yield Recipe(re.findall(r"key: ([a-z0-9-]+)", row)[0], row, messages, text.splitlines())


RECIPES = {recipe.key: recipe for recipe in _recipes()}


def source_of(recipe: Recipe, folder: Path) -> Source:
    """The row of `recipe`, loaded beside the city's own from `folder`."""
    (folder / "city.yaml").write_text(f"extends: {ROOT / 'config' / 'cantho'}\n", "utf-8")
    (folder / "sources.yaml").write_text(f"extends: true\nsources:\n{recipe.row}", "utf-8")
    secrets = dict.fromkeys(re.findall(r"\$\{(\w+)\}", recipe.row), "a token of the tests")
    sources = load(folder, secrets, protocols(), today=date(2026, 11, 24)).sources
    return next(source for source in sources if source.key == recipe.key)


def parsed(source: Source, *messages: tuple[str, str], now: datetime = NOW) -> Batch:
    pages = tuple(ResponsePage(body.encode(), address=topic) for topic, body in messages)
    return protocols()[source.protocol].parse(source, Payload(pages), now)


def local(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(CITY_ZONE).isoformat()


def lines_of(batch: Batch) -> list[str]:
    readings = [
        f"{reading.series} = {f'{reading.value:.10g} {reading.unit}'.strip()}, {local(reading.observed)}"
        for reading in batch.readings
    ]
    events = [
        f"{event.kind} {event.key}: {event.title}, {event.severity}, {event.stage}, until {local(event.expires)}"
        for event in batch.events
    ]
    return readings + events


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_row_makes_the_readings_that_the_page_shows(recipe: Recipe, tmp_path: Path) -> None:
    source = source_of(recipe, tmp_path)
    batch = validate_batch(parsed(source, *recipe.messages), source.polled_series(), NOW)
    assert lines_of(batch) == recipe.lines
    assert batch.rejected_items == ()
    _, rejected_events = validate_events(batch.events, {kind.key for kind in source.events}, NOW, id_key=b"key")
    assert not rejected_events
    polled = {reading.series for reading in batch.readings}
    assert polled == set(source.polled_series()), "a series of the row has no example"


def test_row_of_the_wells_reads_a_recorded_answer(tmp_path: Path) -> None:
    body = shared("mqtt/camau_data_mqtt.json").read_text("utf-8")
    batch = parsed(source_of(RECIPES["nuoc-sach"], tmp_path), ("", body), now=datetime(2026, 2, 15, tzinfo=UTC))
    by_series = {reading.series: reading for reading in batch.readings}
    level, flow = by_series["nuoc-sach-g30a-muc-nuoc"], by_series["nuoc-sach-g30a-luu-luong"]
    assert (level.value, level.unit) == (32.19, "m") and (flow.value, flow.unit) == (65, "m³/h")
    assert level.observed == datetime(2026, 2, 14, 23, 32, 34, tzinfo=UTC) and not batch.rejected_items


@pytest.mark.parametrize("name", ["australia.cap", "canada.cap", "mexico.xml", "taiwan.cap"])
def test_recorded_alert_in_an_envelope_is_the_same_event(name: str, tmp_path: Path) -> None:
    alert = shared(f"cap/{name}").read_text("utf-8-sig")
    ((_, envelope),) = RECIPES["edxl"].messages
    bare = re.sub(r"^\s*<\?xml.*?\?>", "", alert)
    wrapped = re.sub(r"<alert .*</alert>", lambda _: bare, envelope, flags=re.DOTALL)
    source = source_of(RECIPES["edxl"], tmp_path)
    events = parsed(source, ("", alert)).events
    assert len(events) == 1 and parsed(source, ("", wrapped)).events == events
