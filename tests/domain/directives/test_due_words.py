"""Due dates as documents state them."""

from datetime import date

import pytest

from ioc.domain.directives.due_words import StatedDue, parse_due


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Quý IV/2026", date(2026, 12, 31)), ("quý 1 năm 2027", date(2027, 3, 31)), ("Quý II", date(2026, 6, 30)),
        ("tháng 11/2026", date(2026, 11, 30)), ("Trong tháng 02 năm 2028", date(2028, 2, 29)),
        ("6 tháng đầu năm 2027", date(2027, 6, 30)), ("6 tháng cuối năm", date(2026, 12, 31)),
        ("năm 2027", date(2027, 12, 31)), ("Trước ngày 15/12/2026", date(2026, 12, 15)),
        ("chậm nhất 1.2.2027", date(2027, 2, 1)), ("12/2026", date(2026, 12, 31)), ("T12/2026", date(2026, 12, 31)),
        ("02-2028", date(2028, 2, 29)), ("trước 3/2027", date(2027, 3, 31)),
        ("Trước ngày 05 tháng 01 năm 2027", date(2027, 1, 5)), ("đến hết ngày 05/01/2027.", date(2027, 1, 5)),
    ],
)  # fmt: skip
def test_day_is_inferred_from_words_which_are_kept(text: str, day: date) -> None:
    assert parse_due(text, 2026) == StatedDue(day, text)


@pytest.mark.parametrize("text", ["thường xuyên", "Khẩn trương", "HẰNG NĂM", "không thời hạn"])
def test_words_without_a_day_are_kept(text: str) -> None:
    assert parse_due(text, 2026) == StatedDue(None, text)


@pytest.mark.parametrize("text", ["ngày 20 tháng 11 năm 2026", "20 tháng 11 năm 2026", "Ngày 20 tháng 11, 2026"])
def test_day_that_is_written_out_is_a_plain_day(text: str) -> None:
    assert parse_due(text, 2027) == StatedDue(date(2026, 11, 20))


def test_plain_day_has_no_words_and_nothing_is_no_day() -> None:
    assert parse_due(" 24/11/2026 ", 2026) == StatedDue(date(2026, 11, 24))
    assert parse_due("", 2026) == StatedDue(None)


@pytest.mark.parametrize(
    "text",
    [
        "31/02/2026",
        "ngày 31 tháng 2 năm 2026",
        "quý V/2026",
        "tháng 13/2026",
        "13/2026",
        "12/26",
        "mai",
        "12",
        "quý IV/9999",
        "trước",
        "²/1/2026",
        "\0",
    ],
)
def test_what_is_not_understood_is_no_due_date(text: str) -> None:
    assert parse_due(text, 2026) is None
