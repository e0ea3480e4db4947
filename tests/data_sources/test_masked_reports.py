"""What is stored beside readings and events quotes no personal data: rejected items, failures, drift."""

from typing import Any

import orjson
import pytest

from data_sources import protocols
from ioc.domain.base.failure import Failure
from ioc.domain.events.pii_masking import MASK, mask_quoted
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import Payload, ResponsePage
from ioc.poller.admission import admit_batch, text_filter
from tests.data_sources.server import NOW, client_factory, row

PERSONAL = {"phone": "0100345678", "mail": "nguyen@thu.example"}


def stored(*items: Any, **options: Any) -> str:
    """All texts of the rejected items of an answer."""
    source = row(protocol="http_json", options={"series": "level-x", "value": "v"} | options, series_keys=("level-x",))
    raw = protocols()["http_json"].parse(source, Payload((ResponsePage(orjson.dumps(items)),)), NOW)
    rejected = admit_batch(raw, source, client_factory().context_for(source), NOW, id_key=b"key").rejected_items
    assert rejected
    return "\n".join(f"{item.location} {item.failure} {item.sample}" for item in rejected)


@pytest.mark.parametrize(
    "item",
    [
        {"v": "abc", **PERSONAL},
        {"v": "khách 0100345678 gọi nguyen@thu.example"},
        {"v": {"phone": "0100 345 678"}},
        {"v": "0100 345 678"},
        {"v": "abc", "note": "x" * 85, **PERSONAL},
    ],
)
def test_rejected_value_quotes_no_personal_data(item: Any) -> None:
    text = stored(item)
    assert "level-x" in text and not any(part in text for part in ("345", "01003", "nguyen", "thu.example"))


def test_a_time_that_is_none_is_masked() -> None:
    text = stored({"v": 5, "t": "0100345678 nguyen@thu.example"}, time="t")
    assert MASK in text and "345" not in text and "nguyen" not in text


def test_figures_times_and_names_stay() -> None:
    text = stored({"v": "abc", "t": 1764378000000, "eui": "a840411234567890", "n": 12.5}, time="t")
    assert "1764378000000" in text and "a840411234567890" in text and "12.5" in text and MASK not in text


def test_the_words_of_a_server_and_a_drift_are_masked() -> None:
    source = row(series_keys=("level-0100345678",))
    change = text_filter(source, client_factory().context_for(source))
    failure = Failure(
        IngestCode.SERVICE_MESSAGE, {"series": "level-0100345678", "status": "500"}, "gọi 0100 345 678"
    ).map_text(change)
    assert failure.external == f"gọi {MASK}"
    assert failure.params == {"series": "level-0100345678", "status": "500"}


@pytest.mark.parametrize(
    "text",
    [
        "12500000000 đồng", "1250000000 m", "-1234567890.5", "report/101005420892", "101005420892", "1764378000",
        "20261124103000", "[1764378000, 12.5]", "id: 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "https://thu.example/api?from=1764378000", "12345678 Kwh", "1234567890 m3", "1234567890 hộ",
        "2026-11-24T10:30:00.123456789Z", "ngập nặng…",
    ],
)  # fmt: skip
def test_what_reasons_mostly_quote_stays(text: str) -> None:
    assert mask_quoted(text, 300) == text


@pytest.mark.parametrize(
    "text",
    [
        "0100345678",
        "84100345678",
        "84100345678 m",
        "100345678 Lan",
        "1003456789012345 STK",
        "STK 1764378000",
        "0100 345 6…",
        "nguyen@th…",
        "“0100345…” 5",
    ],
)
def test_what_may_be_personal_is_masked_also_behind_a_cut(text: str) -> None:
    masked = mask_quoted(text, 300)
    assert not any(part in masked for part in ("345", "1764", "nguyen")) and masked != text


def test_a_long_text_is_cut_with_a_sign() -> None:
    assert mask_quoted("a" * 400, 300) == "a" * 299 + "…"
