"""The table of rejected items: grouped by source and code, foreign text escaped."""

from dataclasses import replace
from datetime import timedelta

from components.sources.rejected_table import MAX_ROWS, rejected_table
from components.sources.source_table import filter_by_status
from data_sources._http.errors import HttpCode
from ioc.domain.base.failure import Failure
from ioc.domain.base.system_errors import SystemCode
from ioc.domain.ingest.dropped import DropReason, single_drop
from ioc.domain.ingest.parsing import ParseCode
from ioc.domain.ingest.reading import RejectedItem, StoredRejection
from ioc.domain.snapshot import Snapshot
from tests.city import NOW, full_city

CITY = full_city()
KEY = CITY.sources[0].source.key
NAMES = (
    "text", "mark", "unit", "kind", "field", "status", "host", "cause", "target", "limit", "mebibytes", "encoding",
    "with_point", "with_comma", "sign", "declared", "zone", "other",
)  # fmt: skip
PARAMS = dict.fromkeys((*NAMES, "name"), "x")


NO_TIME = Failure(ParseCode.TIME_MISSING)


def not_a_number(text: str) -> Failure:
    return Failure(ParseCode.NOT_A_NUMBER, {"text": text})


def rejection(n: int, failure: Failure, sample: str = "", source: str = KEY) -> StoredRejection:
    return StoredRejection(100 - n, source, NOW - n * timedelta(minutes=1), RejectedItem(f"rows[{n}]", failure, sample))


def table(city: Snapshot, lang: str = "vi") -> str:
    return str(rejected_table(city, filter_by_status(city, ""), lang) or "")


def test_rejections_with_one_code_share_a_row_that_shows_the_newest() -> None:
    rejections = (rejection(1, not_a_number("9m")), rejection(2, not_a_number("7m")), rejection(3, NO_TIME))
    counters = {DropReason.REJECTED: {KEY: single_drop(KEY, 1234, NOW)}}
    markup = table(replace(CITY, rejections=rejections, drop_counters=counters))
    assert markup.count("<tr>") == 1 + 2 and "“9m” không phải là số" in markup and "7m" not in markup
    assert "thiếu thời điểm" in markup and "từ trước đến nay 1.234 mục" in markup and "rows[1]" in markup


def test_text_of_a_source_is_escaped_and_truncated() -> None:
    item = rejection(1, not_a_number("<script>x"), "<img src=x>" + "a" * 300)
    markup = table(replace(CITY, rejections=(item,)))
    assert "<script>" not in markup and "<img" not in markup and "&lt;script&gt;x" in markup
    assert "a" * 200 not in markup and "…" in markup


def test_only_selected_sources_are_listed_and_nothing_without_rejections() -> None:
    of_unknown_source = (rejection(1, NO_TIME, source="gone"),)
    assert table(CITY) == table(replace(CITY, rejections=of_unknown_source)) == ""
    city = replace(CITY, rejections=(rejection(1, NO_TIME),))
    assert rejected_table(city, filter_by_status(city, "off"), "vi") is None


def test_rows_beyond_the_limit_are_counted() -> None:
    codes = [*ParseCode, *HttpCode, *SystemCode]
    rejections = tuple(rejection(n, Failure(code, PARAMS)) for n, code in enumerate(codes))
    markup = table(replace(CITY, rejections=rejections), "en")
    assert markup.count("<tr>") == 1 + MAX_ROWS and f"and {len(codes) - MAX_ROWS} more groups" in markup
