"""Personal data across the end of a line, as in text that was pasted from a PDF or a mail; tables stay as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.events.pii_masking import MASK, mask_personal_data

WRAPPED = (
    "sđt 0912¶345 678", "sđt (0912)¶345 678", "sđt 0912 345¶678", "gọi 0912 34¶56 78", "gọi +84 912¶345 678",
    "gọi 0912.¶345.678", "ông An 0912¶345678", "CCCD 0920¶8500 1234", "CCCD 092 085¶001 234", "CMND 361 234¶567",
    "CMND¶361 234 567", "xe 65A¶123.45",
)  # fmt: skip
KEPT = (
    "Trạm mưa 123 456\n789 012 mm", "Năm 2025\n2026\n2027", "Bảng:\n0123 456\n789 012", "Mức nước 1,23\n4,56",
    "12 34\n56 78\n90 12", "Kỳ 2026\n123 456 789 đồng",
)  # fmt: skip


@pytest.mark.parametrize("text", WRAPPED)
@pytest.mark.parametrize("end", ["\n", "\r\n", " \n  ", "<br>", "&#10;", "&#13;&NewLine;"])
def test_data_that_a_line_end_splits_is_masked(text: str, end: str) -> None:
    masked = mask_personal_data(f"Ghi chú\n{text.replace('¶', end)}\nhết")
    assert MASK in masked and not any(digit in masked.replace(end, "") for digit in "0123456789")
    assert masked.startswith("Ghi chú\n") and masked.endswith("\nhết")


@pytest.mark.parametrize("text", KEPT)
def test_rows_of_figures_are_kept(text: str) -> None:
    assert mask_personal_data(text) == text


WHOLE = (
    ("STK 0111000123456\n5 hộ cần giúp", "STK •••\n5 hộ cần giúp"),
    ("Bà B 0912.345.678\n1,5 m nước", "Bà B •••\n1,5 m nước"),
    ("1. Ông A 0912345678\n2. Bà B 0987654321\n3. Hết", "1. Ông A •••\n2. Bà B •••\n3. Hết"),
    ("Liên hệ 0912345678\n1. Sơ tán dân", "Liên hệ •••\n1. Sơ tán dân"),
    ("Mã trạm 0123\n2025-11-30 08:00", "Mã trạm 0123\n2025-11-30 08:00"),
    ("Hộ dân 091\n2.345.678 đồng", "Hộ dân 091\n2.345.678 đồng"),
    ("Đo lúc 0900\n0.92 0.93 0.95", "Đo lúc 0900\n0.92 0.93 0.95"),
    ("Ngày 091\n30/11/2025", "Ngày 091\n30/11/2025"),
    ("Trạm 0123\n105.7469", "Trạm 0123\n105.7469"),
    ("sđt 0912 345\n678 ông An", "sđt ••• ông An"),
)


@pytest.mark.parametrize(("text", "masked"), WHOLE)
def test_number_that_is_whole_on_its_line_takes_nothing_of_the_next(text: str, masked: str) -> None:
    assert mask_personal_data(text) == masked


@given(st.text(st.sampled_from("0123456789 .-a\nệ+•\r"), max_size=40))
def test_masking_across_lines_changes_nothing_twice(text: str) -> None:
    masked = mask_personal_data(text)
    assert mask_personal_data(masked) == masked and (MASK in masked or masked == text)
