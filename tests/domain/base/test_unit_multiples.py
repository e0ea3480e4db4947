"""A spelling that begins with a multiple means a unit with that factor."""

import pytest

from ioc.domain.base.unit_multiples import loses_multiple, multiple_of, split_multiple


@pytest.mark.parametrize(
    ("text", "power", "noun"),
    [
        ("Ngh. giường", 1, "giường"), ("NGHÌN hộ", 1, "hộ"), ("ngàn con", 1, "con"), ("1000đ", 1, "đ"),
        ("1.000 đ", 1, "đ"),
        ("10³ tấn", 1, "tấn"), ("10^3 tấn", 1, "tấn"), ("Tr. đồng", 2, "đồng"), ("tr.đ", 2, "đ"),
        ("1.000.000 đ", 2, "đ"),
        ("10⁶ m3", 2, "m3"), ("tỷ đồng", 3, "đồng"), ("nghìn tỷ đ", 4, "đ"), ("million m3", 2, "m3"),
        ("tỷ lệ", 0, "tỷ lệ"), ("tỉ số %", 0, "tỉ số %"), ("trạm", 0, "trạm"), ("10000 m", 0, "10000 m"),
        ("người", 0, "người"),
    ],
)  # fmt: skip
def test_multiple_at_the_beginning(text: str, power: int, noun: str) -> None:
    assert split_multiple(text) == (power, noun)


@pytest.mark.parametrize(
    ("text", "unit", "right"),
    [
        ("Ngh. giường", "giường", "nghìn giường"), ("Triệu mét", "m", "triệu m"), ("Triệu HK", "người", "triệu người"),
        ("1000 đ", "đồng", "nghìn đồng"), ("Tr. đồng", "đồng", "triệu đồng"), ("10³ tấn", "tấn", "nghìn tấn"),
        ("Nghìn tỷ đ", "tỷ đồng", ""), ("Ngh. tin", "tin", ""), ("Triệu đồng", "nghìn đồng", "tỷ đồng"),
    ],
)  # fmt: skip
def test_meaning_without_the_factor(text: str, unit: str, right: str) -> None:
    assert loses_multiple(text, unit)
    assert multiple_of(text, unit) == right


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("Ngh. giường", "nghìn giường"), ("Triệu HK", "triệu người"), ("Nghìn lít", "m³"), ("Nghìn kWh", "MWh"),
        ("1000 cây số", "km"), ("Nghìn tỷ đ", "nghìn tỷ đồng"), ("tỷ lệ", "%"), ("người", "người"), ("1000", "người"),
    ],
)  # fmt: skip
def test_meaning_with_the_factor(text: str, unit: str) -> None:
    assert not loses_multiple(text, unit)
