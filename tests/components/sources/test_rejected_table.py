"""The table of what was refused: by source and reason, in the reader's words, strangers' text as text."""

from dataclasses import replace
from datetime import timedelta

from components.sources.rejected_table import rejected_table
from components.sources.source_table import filter_by_status
from ioc.domain.base.failure import untyped
from ioc.domain.ingest.dropped import DropReason, single_drop
from ioc.domain.ingest.reading import RejectedItem, StoredRejection
from ioc.domain.snapshot import Snapshot
from tests.city import NOW, full_city

CITY = full_city()
KEY = CITY.sources[0].source.key


def aside(n: int, reason: str, sample: str = "", source: str = KEY) -> StoredRejection:
    return StoredRejection(
        100 - n, source, NOW - n * timedelta(minutes=1), RejectedItem(f"rows[{n}]", untyped(reason), sample)
    )


def drawn(city: Snapshot, lang: str = "vi") -> str:
    return str(rejected_table(city, filter_by_status(city, ""), lang) or "")


def test_reasons_that_differ_in_their_figures_only_are_one_row() -> None:
    some = (aside(1, "value 9 is outside -3..4 m"), aside(2, "value 7 is outside -3..4 m"), aside(3, "time is missing"))
    counted = {DropReason.REJECTED: {KEY: single_drop(KEY, 1234, NOW)}}
    markup = drawn(replace(CITY, rejections=some, drop_counters=counted))
    assert markup.count("<tr>") == 1 + 2 and "giá trị 9 nằm ngoài -3..4 m" in markup and "giá trị 7" not in markup
    assert "thiếu thời điểm" in markup and "từ trước đến nay 1.234 mục" in markup and "rows[1]" in markup


def test_what_a_stranger_wrote_is_text_and_cut() -> None:
    markup = drawn(replace(CITY, rejections=(aside(1, "<script>x", "<img src=x>" + "a" * 300),)))
    assert "<script>" not in markup and "<img" not in markup and "&lt;script&gt;x" in markup
    assert "a" * 200 not in markup and "…" in markup


def test_only_of_the_sources_that_are_looked_at_and_nothing_where_nothing_was() -> None:
    some = (aside(1, "time is missing", source="gone"),)
    assert drawn(CITY) == drawn(replace(CITY, rejections=some)) == ""
    city = replace(CITY, rejections=(aside(1, "time is missing"),))
    assert rejected_table(city, filter_by_status(city, "off"), "vi") is None


def test_more_than_can_be_read_is_counted() -> None:
    some = tuple(aside(n, f"a reason of its own {n}") for n in range(45))
    markup = drawn(replace(CITY, rejections=some), "en")
    assert markup.count("<tr>") == 1 + 40 and "and 5 more groups" in markup
