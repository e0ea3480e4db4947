"""Masking of a number beside another number, a letter, a mark or the word that names it."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.events.pii_masking import MASK, mask_personal_data
from tests.domain.events.test_pii_masking import MOBILE_NUMBERS

GROUPS = ("", " ", ".", "-")
IN_LISTS = ("0100 345 678/0199 456 789", "0100.345.678,0199.456.789", "0100345678,0199 456 789",
            "0100.345.678.0199.456.789", "0100345678,0199345678,0100 456 789", "000 123 456 789,000 123 456 780",
            "000123456789,000123456780", "000 123 456 789/000 123 456 780")  # fmt: skip
BEHIND_A_LETTER = ("SĐT.0100 345 678", "Tel.0100.345.678", "Nam/0100 345 678", "Nam,0100-345-678", "ĐT.84 100 345 678",
                   "ĐT.0199 3 812 345", "ĐT.000 123 456 789", "SĐT,+84100345678", "ĐT.010 0345 678")  # fmt: skip
PLATES = ("xe13A-123.45", "biển13A12345", "BKS13B1-123.45", "biển số13-B1 123.45")
MAIL = (
    "a&#064;thu.example",
    "a&#0064;thu.example",
    "nguyen\n@thu.example",
    "nguyen@\nthu.example",
    "nguyen[ at ]thu[ dot ]example",
    "nguyen ( a còng ) thu.example",
    "nguyen (a móc) thu.example",
    "nguyen[a móc]thu.example",
    "nguyen a móc thu.example",
    "nguyen a-còng thu.example",
    "nguyen@@thu.example",
    "nguyen @@ thu.example",
    "nguyen@@ví-dụ.example",
)
RARE = ("(01) 00 345 678", "{0100} 345 678", "0100, 345, 678", "0100 | 345 | 678", "0100  -  345  -  678",
        "0-9-1-2-3-4-5-6-7-8", "0.9.1.2.3.4.5.6.7.8", "VCB-1234567", "STK (VCB) 1234567", "STK/1234567",
        "hộ chiếu là B1234567", "hộ chiếu - B1234567",
        # Signs of two kinds, the number of the country and of the province in brackets, 2-2-3-3 and 2-3-3-2.
        "0912,345.678", "0912″345 678", "0912 345&678", "0912_345-678", "091,234.5678", "(84-292) 381 2345",
        "(84 28) 38123456", "(+84-292) 3812345", "09-12-345-678", "09 12 345 678", "09 123 456 78", "09.123.456.78",
        "hộ chiếu B123 4567", "passport: C1234-5678", "CC 0010010 01234", "số ĐDCN 001 0010 01234",
        "TK 0111 000 123456", "TK: 0111.000.123456", "13-P1 23 45", "13-P1 23.45", "xe 13P1.23.45",
        "biển số 13P1 23-45", "BKS: 13-P 23 45",
        # Behind its word in whatever groups, also of another country.
        "ĐT: 0 912.345.678", "SĐT 09 12345678", "điện thoại (0) 912 345 678", "Zalo 0 91 234 5678",
        "hotline 0 9123 45678", "ĐT: 0 912-345-678", "sđt 0 912/345/678", "tel:09 123 45678", "ĐT: 0 9 1 2 3 4 5 6 7 8",
        "ĐT: +1 (650) 253-0000", "điện thoại +61 412 345 678", "ĐT +856 20 5555 1234",
        "tel. +82-10-1234-5678")  # fmt: skip
ORDINARY = ("QĐ.012.345", "TCVN.01.02.03", "Y.0032.140511T1600Z", "tờ.0912", "VCB-2025", "MB-2024-2025", "Nam, 0,5 m",
            "Agribank 2024-2025 100.000 hộ",
            "thửa/0123/tờ 45", "bảng.0,15,0,20", "3,000000001,5", "xe13A", "biển 13", "tổ.012,013,014",
            "12.345.678,012.345", "0, 345, 678", "lưu lượng.84.912 m³",
            "tuyến ĐT 917-918-919", "ĐT.923 dài 12.345 m", "ĐT 923: 8.500.000.000 đồng", "tiền điện thoại 350.000.000",
            "điện thoại 912.345.678 đồng", "tel 2026-11-24 07:30", "hotline 1900 1234", "Zalo 24/11/2026 07:30",
            "lúc 0730: 120/150 hộ", "08-11-001-234", "09 123 456 789", "05.100.200.30.5", "10.0912,105.788",
            "TK 111, 112, 331", "TK 1121-2026", "TK 125.000.000.000 đồng", "hộ chiếu in 1.250.000 cuốn",
            "hộ chiếu in 120 000 đồng", "xe 150 cc 123 456 789 lượt", "CCTV 123 456 789", "CC 12 tầng, 345 hộ",
            "lô 13P1.23.45", "lớp 10-A1 23 45", "tổ 12-A1 20 26", "khối 12-A1 23 45 hộ", "mục 13-TB1 23 45",
            "ĐT 0,5 km", "hotline 0 đồng", "điện thoại 0 / 10 xã", "điện thoại +12 %", "ĐT +1.250.000.000 đồng",
            "dây [ at ] 17:00", "móc a móc vào tời", "@@ 17:00")  # fmt: skip


@pytest.mark.parametrize("text", (*IN_LISTS, *BEHIND_A_LETTER, *PLATES, *MAIL, *RARE))
def test_number_beside_another_a_letter_or_its_word_is_masked(text: str) -> None:
    for shown in (text, f"Gọi {text}, gặp trực ban.", f"({text})"):
        masked = mask_personal_data(shown)
        assert MASK in masked and not re.search(r"\d{2}|example", masked)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_number_beside_a_mark_is_kept(text: str) -> None:
    assert mask_personal_data(text) == text


@given(st.lists(MOBILE_NUMBERS, min_size=2, max_size=5), st.sampled_from([*product(GROUPS, ",/")]))
def test_every_number_of_a_list_is_masked(numbers: list[str], signs: tuple[str, str]) -> None:
    gap, between = signs
    shown = between.join(gap.join((number[:4], number[4:7], number[7:])) for number in numbers)
    assert not re.search(r"\d", mask_personal_data(f"gọi {shown} nhé"))


@given(
    MOBILE_NUMBERS, st.sampled_from(GROUPS), st.sampled_from(("ĐT", "Nam", "x", "…", "•••", "")), st.sampled_from(".,/")
)
def test_number_directly_behind_a_word_and_a_mark_is_masked(number: str, gap: str, word: str, mark: str) -> None:
    shown = gap.join((number[:4], number[4:7], number[7:]))
    assert mask_personal_data(f"gọi {word}{mark}{shown} nhé") == f"gọi {word}{mark}{MASK} nhé"
