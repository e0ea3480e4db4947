"""Masking of telephone numbers of other countries, and what else begins with "+"."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.events.pii_masking import MASK, mask_personal_data

NUMBERS = (
    "+855 12 345 678", "+82 10-1234-5678", "(+1) 415-555-2671", "+1 (555) 123-4567", "+1.555.123.4567",
    "+44 20 7946 0958", "+65 6123 4567", "+33 1 23 45 67 89", "+86 138 0013 8000", "+856 20 5551 2345",
    "+49 30 901820", "+12025550123", "+61 412 345 678", "+420 601 123 456", "+855 123 456 789", "+1.4155552671",
)  # fmt: skip
KEPT = (
    "+500.000-700.000 một tháng",
    "tăng +12.345.678 so với", "tăng +12 345 678 lượt khách", "tăng +12345678", "tăng +1.234.567, nữa",
    "+1.234.567.890. Hết", "+150 000 000 000 đồng", "chênh lệch +12 345 678 900 VNĐ", "+1 234 567 890 người",
    "10:30 UTC+7 01/12/2026 10:30", "16:00 GMT+7 30-11-2026", "10:30 (GMT+7) 01/12/2026", "lúc 07:00 +07 2026-12-01",
    "Mực nước đỉnh triều: +1.52 (01/12/2026)", "+1.60 02/12/2026; +1.65 03/12/2026", "Km 12 +500 10/12/2026",
    "lat=+10.776912", "Vị trí +10.776912, +106.700912", "+10.776912+106.700912/", "lệch +1,2345678",
    "mực nước +1.52/+1.60/+1.71 m", "tăng +12 345 678 m3", "tăng +1 234 567 890 lượt", "GMT+7 20241120",
)  # fmt: skip

# How numbers of other countries are grouped: {n} stands for n figures.
GROUPS = (
    "+1 {3} {3} {4}", "+1-{3}-{3}-{4}", "+1 ({3}) {3}-{4}", "+1.{3}.{3}.{4}", "+7 {3} {3}-{2}-{2}",
    "+7 ({3}) {3}-{2}-{2}", "+7 {3} {3} {2} {2}", "+33 {1} {2} {2} {2} {2}", "+34 {3} {3} {3}", "+44 {4} {6}",
    "+44 {2} {4} {4}", "+44.{10}", "+45 {2} {2} {2} {2}", "+46 {2}-{3} {2} {2}", "+47 {3} {2} {3}", "+49 {3} {8}",
    "+60 {2}-{3} {4}", "+61 {1} {4} {4}", "+61 {3} {3} {3}", "+62 {3}-{4}-{4}", "+65 {4} {4}", "+65{8}",
    "+66 {2} {3} {4}", "+81-{1}-{4}-{4}", "+82 {2}-{4}-{4}", "+84 {2} {3} {4}", "+86 {11}", "+86 {3} {4} {4}",
    "+91 {5} {5}", "+380 {2} {3} {2} {2}", "+855 {2} {3} {3}", "+856 {2} {4} {4}", "+886 {3} {3} {3}",
)  # fmt: skip
BEFORE = ("", "Gọi ", "Gọi", "bà Lan", "số:", "(", "Zalo+1 212 555 1234, ")
AFTER = (
    "", " ", ".", ", 5 xe", "/+65 91234567", " 20/11/2024", " lúc 10h", " 3 người", " 0912345678", "/0912345678",
    " - 0912 345 678", " 12 nhà", " 2024", " (2 số)", "; 15 người", " ngày 20/11", " 30", "-0912345678", ". 2 xe",
)  # fmt: skip
FIGURES = st.text("0123456789", min_size=12, max_size=12)


@given(st.sampled_from(BEFORE), st.sampled_from(GROUPS), FIGURES, st.sampled_from(AFTER))
def test_number_is_masked_whatever_stands_around_it(before: str, form: str, figures: str, after: str) -> None:
    number = re.sub(r"\{(\d+)\}", lambda count: ("9" + figures)[: int(count[1])], form)
    assert len(re.findall(r"\d", mask_personal_data(before + number + after))) <= len(re.findall(r"\d", after))


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("text", ["{}", "gọi {} (Campuchia)", "số: {}, cảm ơn", "Zalo {}."])
def test_number_of_another_country_is_masked_whole(number: str, text: str) -> None:
    assert mask_personal_data(text.format(number)) == text.format(MASK)


@pytest.mark.parametrize("text", KEPT)
def test_amount_level_coordinate_or_date_behind_a_plus_sign_is_kept(text: str) -> None:
    assert mask_personal_data(text) == text
