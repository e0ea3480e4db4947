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
    "0001.0001.23456",
    "0001 0001 234567",
    "1903 1234 567 018",
    "1903.1234.567.018",
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
    "a{at}b.example",
    "a {at} b {dot} example",
    "a<at>b.example",
    "a(@)b.example",
    "a@b . example",
    "a @ b . example",
    "a&commat;b.example",
    "a&#64;b&#46;example",
    "a&#x40;b&period;example",
    "a%40b%2Eexample",
    "a at b dot example",
    "a a còng b chấm example",
    "a a còng b.example",
)
PLATES = ("13A-123.45", "13A 123 45", "13 A - 123.45", "13A12345", "13-B1 123.45", "13B1 234.56", "13LD-123.45",
          "13a-123.45", "13A-1234", "13Đ1-234.56", "13A–123.45",
          "13 A 1234", "13 B1 1234", "13.A.1234", "13 Đ 1234",
          "13A 1234", "13A1234", "13B1 1234", "13А-123.45", "13Α 123 45", "13 В1-234.56", "NG 13-123-45",
          "13-123-NG-45")  # fmt: skip
# Masked behind the word that says what they are.
NAMED = ("STK 1234 5678 9012", "stk: 12345678", "Số tài khoản 1234-5678", "số TK: 1234.5678.9012", "hộ chiếu C1234567",
         "Hộ chiếu số: B12345678", "passport N1234567", "VCB 0001.0001.23456", "VCB: 1234567890123",
         "Vietcombank 123 4567", "BIDV số 1234-5678", "Agribank 1800.205.123456", "tcb 1903 1234 567 018",
         "MB Bank 1234 5678", "Techcombank: 190.3123.456")  # fmt: skip
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
    "Agribank cho vay 125.000.000 đồng", "Agribank 125.000.000.000 đồng", "BIDV 1.234.567.890 đồng", "VCB 500 triệu",
    "Vietcombank 2025-2026", "Agribank 24/11/2026", "ACB 2026", "MB 1,5 tỷ", "nhiệt độ 35 C 1013 hPa",
    "dây 16 A 2500 W", "lô 12 B 1500 m²", "tổ 12 A 1234 hộ", "QL 61 C 1500", "lớp 12 A 1234", "hẻm 51 B 1234",
    "giai đoạn 20 A 2026", "1200 1300 140 150", "0,05 0,06 0,07", "họp @ UBND lúc 8:00", "giao 5 xe @ 17:00",
    "chấm công tại tổ 12", "số 1234.5678.901/QĐ-UBND", "thửa 1234, tờ 12", "công tơ 0012.3456",
    "at 17:00 dot 2", "đợt 1 at 5", "km 12+300",
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


BANKS = ("VCB", "Vietcombank", "BIDV", "Agribank", "TCB", "MB", "ACB", "VietinBank", "Sacombank")


@given(
    st.from_regex(r"\d{4}[ .-]?\d{4}[ .-]?\d{3}[ .-]?\d{2,4}", fullmatch=True).filter(str.isascii),
    st.sampled_from(BANKS),
)
def test_an_account_behind_the_name_of_a_bank_is_masked_in_any_groups(number: str, bank: str) -> None:
    assert mask_personal_data(f"chuyển vào {bank} {number} nhé") == f"chuyển vào {bank} {MASK} nhé"


AT_SIGNS = (
    "@",
    "(at)",
    "[at]",
    "{at}",
    " (at) ",
    "%40",
    "&commat;",
    "&#64;",
    "＠",
    " @ ",
    " a còng ",
    "(a còng)",
    "<at>",
)
DOTS = (".", " . ", "[dot]", "(dot)", "{dot}", " [dot] ", "&period;", "%2e", "．", "。", "(chấm)")


@given(
    st.from_regex(r"[a-z][a-z0-9.]{0,10}[a-z0-9]", fullmatch=True).filter(str.isascii),
    st.sampled_from(AT_SIGNS),
    st.sampled_from(DOTS),
)
def test_an_address_of_mail_is_masked_with_any_signs(local: str, at: str, dot: str) -> None:
    masked = mask_personal_data(f"thư tới: {local}{at}thu{dot}example, cảm ơn")
    assert masked == f"thư tới: {MASK}, cảm ơn"


@given(
    st.integers(1, 9999),
    st.sampled_from(("CV-UBND", "QĐ-UBND", "TB-SNNMT", "BC-STC", "KH-BCH")),
    st.integers(2020, 2035),
)
def test_numbers_of_documents_are_kept(number: int, kind: str, year: int) -> None:
    for shown in (f"{number}/{kind}", f"{number}/{year}/{kind}", f"số {number}/{kind} ngày 05/02/{year}"):
        assert mask_personal_data(shown) == shown


@given(st.integers(1, 10**12), st.sampled_from(BANKS), st.sampled_from(("đồng", "đ", "VND")))
def test_amounts_behind_the_name_of_a_bank_are_kept(amount: int, bank: str, unit: str) -> None:
    shown = f"{bank} cho vay {amount:,} {unit}; {bank} {amount:,} {unit}".replace(",", ".")
    assert mask_personal_data(shown) == shown


@given(st.text(st.characters()), st.sampled_from((*SPELLINGS, *NAMED)))
def test_masking_keeps_other_text_and_changes_nothing_twice(text: str, spelling: str) -> None:
    masked = mask_personal_data(f"{text}\n{spelling}\n")
    assert mask_personal_data(masked) == masked
