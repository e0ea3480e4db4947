"""Masking of personal data: spellings that must be masked, ordinary texts that must stay as they are."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.events.pii_masking import MASK, mask_personal_data
from simulator.report_texts import SERVICES

# No number here is anybody's: 0100 and 0199 are no networks, 13 is no province's plate, .example is no domain.
TELEPHONES = (
    "0100 345 678", "0100.345.678", "0100-345-678", "(0100) 345-678", "0100/345/678", "0100345678", "+84 100.345.678",
    "+84100345678", "(+84) 100 345 678", "+84 (0)100 345 678", "0084 100 345 678", "0100 – 345 – 678",
    "０１００３４５６７８",
    "0100\u200b345\u200b678", "0100\u00ad345\u00ad678", "0100\u2060345678", "0100\ufe0f345678",
    "0100\u00a0345\u00a0678", "0100 34 56 78", "010 0345 678", "84.100345678", "84 100 345 678", "0199 3 456 789",
    "0100·345·678", "0100•345•678", "0100 · 345 · 678", "0100_345_678", "0100,345,678", "010_345_6789",
    "0100\n345\n678", "0100\r\n345\r\n678", "0100<br>345<br>678", "0100 <BR/> 345 <BR/> 678",
)  # fmt: skip
IDENTITY_NUMBERS = (
    "000123456789", "000 123 456 789", "000-123-456-789", "000–123–456–789", "001234567", "٠٠٠١٢٣٤٥٦٧٨٩",
    "000.123.456.789", "0001 2345 6789", "0001.2345.6789", "000\u200d123456789",
    "000·123·456·789", "000_123_456_789",
)  # fmt: skip
ACCOUNTS = (
    "0001234567890",
    "10001234567",
    "0001 2345 6789 0123",
    "0001-2345-6789-0",
    "0001234567890123456",
    "01003456780199345678",
    "000123456789012345678901",
    "0001·2345·6789·0123",
    "4111.1111.1111.1111",
)
MAIL = (
    "ai.do@mail.example",
    "ai.do (at) mail.example",
    "ai.do[at]mail[dot]example",
    "ai.do ＠ mail．example",
    "a@b.example",
    "a\u200b@b.example",
    "a@b。example",
    "a@b｡example",
    "a%40b.example",
    "a [at] b [dot] example",
    "a (AT) b (DOT) example",
    "a (a còng) b (chấm) example",
    "ai@b.ехаmple",
)
PLATES = ("13A-123.45", "13A 123 45", "13 A - 123.45", "13A12345", "13-B1 123.45", "13B1 234.56", "13LD-123.45",
          "13a-123.45", "13A-1234", "13Đ1-234.56", "13A–123.45",
          "13A 1234", "13A1234", "13B1 1234", "13А-123.45", "13Α 123 45", "13 В1-234.56", "NG 13-123-45",
          "13-123-NG-45")  # fmt: skip
# Masked behind the word that says what they are.
NAMED = ("STK 1234 5678 9012", "stk: 12345678", "Số tài khoản 1234-5678", "số TK: 1234.5678.9012", "hộ chiếu C1234567",
         "Hộ chiếu số: B12345678", "passport N1234567")  # fmt: skip
SPELLINGS = (*TELEPHONES, *IDENTITY_NUMBERS, *ACCOUNTS, *MAIL, *PLATES)

ORDINARY = (
    "Quốc lộ 1, km 2065+300", "mực nước 1,95 m lúc 14:30 24/11/2026", "số 30/4, hẻm 51/12/7", "từ 08/11/2026 07:30",
    "08.11.2026 07:30:15", "08-11-2026 đến 09-11-2026", "2026-11-08 07:30", "ngày 01/02/2026 – 05/02/2026",
    "kinh phí 125.000.000.000 đồng", "1.234,5 m³/s", "tọa độ 10.0341234, 105.7881234", "tọa độ 10,034; 105,788",
    "các năm 2022 2023 2024 2025", "giai đoạn 2025-2026-2027-2028", "Công văn 2322/UBND-KGVX", "Quyết định 950/QĐ-TTg",
    "Nghị định 09/2019/NĐ-CP", "lớp 10A1 2026", "dài 20 m, rộng 50 m", "ngập 20 cm, 30 hộ, 12 ha", "đường 13A",
    "PM2,5 là 35,6 µg/m³", "0,05 mg/l", "0.123456789", "lúc 7h30 đến 17h00", "tổ 12, khu vực 3", "tầng 0, phòng 012",
    "pH 6,5 – 8,5", "cột số 110/12-4", "100.000 dân, 45.678 hộ", "tuyến 02, xe 15 chỗ", "mã đơn vị 31135", "80%",
    "gặp nhau @ 17:00", "cao 2.795 m", "trạm 0012", "hợp đồng 05/2026/HĐ-XD", "điện áp 220 V - 50 Hz", "24 giờ/ngày",
    "1.234.567", "1,234,567", "kinh phí 1.234.567.890 đồng", "dân số 1 234 567 người", "QL1A 1234", "QL 91B 1200 m",
    "quốc lộ 61C 1500", "lớp 12A 2026", "lớp 12A 1234", "dây 16A 2500 W", "đường 13A 1500 m", "tài sản C1234567",
    "máy bơm B12345678", "nộp vào tài khoản 125.000.000 đồng", "tài khoản 111, 112, 331", "tổ 001,002,003",
    "cột 012, 013, 014", "10,0341,105,7881", "10°02'03\", 105°47'17\"", "IMG_2026_1124.jpg", "sl_001_20261124.xlsx",
    "2022.2023.2024.2025", "0,15\n0,20\n0,35 m", "012\n345\n678", "1200\n1300\n1400", "2025<br>2026<br>2027",
    "3·5 m", "diện tích 12·345 ha", "000.00.12.H13-241124-0001", "Thông báo 12-TB/TU", "Kế hoạch 234/KH-UBND 2026",
    "đạt 40% bình quân", "giảm 5%40 hộ", "(at) 17:00", "Аа 12", "NG 12", "hộ chiếu hết hạn 2026", "số TK 112",
)  # fmt: skip


def wrap(kind: str) -> Callable[[str], str]:
    return {
        "alone": lambda text: text,
        "in a sentence": lambda text: f"Gọi {text}, gặp trực ban.",
        "in brackets": lambda text: f"liên hệ ({text})",
        "after a colon": lambda text: f"ĐT:{text}; xin cảm ơn",
        "in lines": lambda text: f"dòng một\n{text}\ndòng ba",
    }[kind]


@pytest.mark.parametrize("kind", ["alone", "in a sentence", "in brackets", "after a colon", "in lines"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_personal_data_is_masked_in_every_spelling(spelling: str, kind: str) -> None:
    masked = mask_personal_data(wrap(kind)(spelling))
    assert MASK in masked and len(re.sub(r"\D", "", masked)) <= 2 and "example" not in masked


@pytest.mark.parametrize("text", NAMED)
def test_a_number_that_its_word_names_is_masked_and_the_word_is_kept(text: str) -> None:
    masked = mask_personal_data(f"gửi {text}, cảm ơn")
    assert masked.endswith(f" {MASK}, cảm ơn") and not re.search(r"\d", masked)
    assert masked.startswith(f"gửi {re.split('[ :]', text)[0]}")


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_kept(text: str) -> None:
    assert mask_personal_data(text) == text


def test_texts_of_reports_without_notes_are_kept() -> None:
    texts = [text for service in SERVICES.values() for text in service.texts]
    assert len(texts) > 15 and all(mask_personal_data(text) == text for text in texts)


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.sampled_from("./-"), st.times(), st.integers(0, 30))
def test_dates_and_times_are_kept(day: date, sign: str, time: object, days: int) -> None:
    shown = f"từ {day:%d{sign}%m{sign}%Y} {time:%H:%M} đến {day + timedelta(days):%d{sign}%m{sign}%Y}"
    assert mask_personal_data(shown) == shown


@given(st.integers(0, 10**15))
def test_amounts_with_grouping_are_kept(amount: int) -> None:
    shown = f"{amount:,} đồng".replace(",", ".")
    assert mask_personal_data(shown) == shown


DIGIT_SETS = ("0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")
GAPS = ("", " ", ".", "-", "–", "—", "/", "\u00a0", "\u2009", " - ", "·", "•", "_", ",", "\n", "<br>")


@given(st.from_regex(r"0[2-9]\d{8}", fullmatch=True), st.sampled_from(GAPS), st.sampled_from(DIGIT_SETS))
def test_a_telephone_number_is_masked_with_any_gap_and_digits(number: str, gap: str, digits: str) -> None:
    spelt = gap.join((number[:4], number[4:7], number[7:])).translate(str.maketrans("0123456789", digits))
    assert mask_personal_data(f"gọi {spelt} nhé") == f"gọi {MASK} nhé"


@given(st.text(st.characters()), st.sampled_from((*SPELLINGS, *NAMED)))
def test_masking_keeps_other_text_and_changes_nothing_twice(text: str, spelling: str) -> None:
    masked = mask_personal_data(f"{text}\n{spelling}\n")
    assert mask_personal_data(masked) == masked
