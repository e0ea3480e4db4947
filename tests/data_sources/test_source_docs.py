"""The sources that docs/sources.md shows are valid, and read the answers that it shows."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import BaseModel

from data_sources import protocols
from data_sources._mapping.errors import MappingCode
from ioc.config.loading import load
from ioc.config.schema.field_types import MAX_DURATION
from ioc.domain.base.severity import Severity
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.domain.ingest.source import Source

_ROOT = Path(__file__).parents[2]
_LIMITS = ("ge", "gt", "le")
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Source]:
    """All sources of the page, by key."""
    page = (_ROOT / "docs" / "sources.md").read_text("utf-8")
    rows = re.findall(r"^```yaml\nextends: true.*?\nsources:\n(.*?)^```", page, re.M | re.S)
    (tmp_path / "city.yaml").write_text(f"extends: {_ROOT / 'config' / 'cantho'}\n", "utf-8")
    (tmp_path / "sources.yaml").write_text("extends: true\nsources:\n" + "".join(rows), "utf-8")
    return {source.key: source for source in load(tmp_path, {}, protocols(), today=date(2026, 11, 24)).sources}


def test_the_first_source_of_the_page_is_valid(sources: dict[str, Source]) -> None:
    source = sources["muc-nuoc-moi"]
    assert (source.protocol, [series.key for series in source.series]) == ("http_json", ["muc-nuoc-moi-1"])


def test_the_source_of_events_reads_a_list(sources: dict[str, Source]) -> None:
    items = [
        {"id": 7, "street": "30 Tháng 4", "updated": "2026-11-24T15:50:00+07:00", "from": "2026-11-24T15:00:00+07:00",
         "status": "Mất điện", "level": "cao", "x": 105.77, "y": 10.03, "ward": "P. Ninh Kiều", "households": 120},
        {"id": 8, "street": "Mậu Thân", "updated": "2026-11-24T15:50:00+07:00", "status": "chưa rõ", "level": "cao"},
    ]  # fmt: skip
    page = ResponsePage(json.dumps({"data": items}).encode(), "application/json")
    batch = protocols()["http_json"].parse(sources["mat-dien"], Payload((page,)), NOW)
    (event,), (rejected,) = batch.events, batch.rejected_items
    assert (event.kind, event.key, event.title, event.severity) == ("outage", "7", "30 Tháng 4", Severity.CRITICAL)
    assert (event.place, dict(event.facts), event.area is not None) == ("31135", {"số hộ": "120"}, True)
    assert (rejected.failure.code, rejected.failure.params["word"]) == (MappingCode.WORD_UNKNOWN, "chưa rõ")
    assert not batch.complete_kinds  # an item was rejected: its event has not ended


def number_limits(protocol: str, model: type[BaseModel]) -> Iterator[str]:
    """The line of the table for each option of a protocol that is a number with limits."""
    for name, field in model.model_fields.items():
        found = {
            key: value for one in field.metadata for key in _LIMITS if (value := getattr(one, key, None)) is not None
        }
        if found:
            low = f"above {found['gt']}" if "gt" in found else f"{found['ge']:,}"
            yield f"| `{protocol}` | `{name}` | {field.default:g} | {low} | {found['le']:,} |"


def test_the_limits_of_all_numbers_are_those_of_the_options() -> None:
    expected = [line for name, module in sorted(protocols().items()) for line in number_limits(name, module.Options)]
    page = (_ROOT / "docs" / "sources.md").read_text("utf-8")
    table = page.partition("| protocol | option | default | least | most |\n|---|---|---|---|---|\n")[2]
    assert table.partition("\n\n")[0].splitlines() == expected and len(expected) > 20
    assert f"above 0 and at most {MAX_DURATION.days} days" in page
