"""Masking of numbers that stand apart from their word, as in sentences: "STK của anh Ba là 1234 5678"."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ioc.domain.base.slug import without_accents
from ioc.domain.events.file_names import mask_file_name
from ioc.domain.events.pii_masking import MASK, mask_personal_data

NUMBERS = {
    "STK": ("12345678", "123 456 78", "0111 000 123 456"),
    "Số tài khoản": ("190 3456 7890", "1903 456 789 012"),
    "tài khoản": ("190 3456 7890",),
    "VCB": ("0111 000 123456",),
    "Hộ chiếu": ("B1234567", "C 1234567"),
    "BHYT": ("GD 4 92 92 123 45678", "GD4929212345678"),
    "BHXH": ("9212 345 678",),
    "MST": ("8012 345 678", "8012345678-001"),
    "GPLX hạng B2": ("920 123 456 789",),
    "GPLX": ("920 123 456 789", "92012345"),
    "Số điện thoại": ("912 345 678", "912.34.56.78", "2923 123 456"),
    "CCCD": ("092 099 001234", "092 0990 01234"),
    "CMND": ("361 234 567",),
    "số định danh cá nhân": ("092 0990 01234",),
}
BETWEEN = (
    " ", ": ", " là ", " số là ", " số (An): ", " của tôi là ", " của tôi: ", " của bà Lan là ",
    " của chị Lan Anh Thư ", " của chị Nguyễn Thị Hồng: ",
    " (mới): ", " anh Ba: ", " mới của anh Ba: ", " của người báo là ",
    " = ", " – ", " như sau: ", ":\n", ":\r\n  ",
)  # fmt: skip
KEPT = (
    "Số tài khoản định danh điện tử đã kích hoạt: 1.023.456", "Số tài khoản mở mới trong quý là 123456",
    "Tổng số tài khoản cá nhân: 1234567 (tăng 5%)", "Số tài khoản mới: 123456 tài khoản", "Agribank cho hộ vay 250000",
    "Số tài khoản của hộ kinh doanh 123456 hộ",
    "Số thẻ BHYT đã cấp là 1.234.567 thẻ", "BHYT cho hộ nghèo 1.234.567 thẻ",
    "BHYT cho hộ cận nghèo là 234.567.890 đồng", "tài khoản của hộ kinh doanh giai đoạn 2026-2030",
    "Vietcombank cho vay hộ mới 1.234.567.890 đồng",
    "Ngân hàng có 123456 khách hàng", "tài khoản có 250000 giao dịch", "Doanh thu DT 352.120.500",
    "xe buýt tuyến 07A 15.000 đồng", "xe tải 10T 12.500 kg", "biển quảng cáo 20B 15.500 m2", "gửi xe 24B-10.000 đồng",
    "stk có 123456 khách hàng", "Hộ chiếu của người dân: 123456 hồ sơ", "Hotline của ông nước: 1022",
    "ĐT 917 và ĐT 918: 345 m",
)  # fmt: skip


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("word", NUMBERS)
def test_number_is_masked_behind_the_words_of_a_sentence(word: str, between: str) -> None:
    for number in NUMBERS[word]:
        assert mask_personal_data(f"Gửi {word}{between}{number}, cảm ơn") == f"Gửi {word}{between}{MASK}, cảm ơn"


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("word", NUMBERS)
def test_number_is_masked_behind_words_without_accents(word: str, between: str) -> None:
    for number in NUMBERS[word]:
        text = without_accents(f"Gửi {word}{between}{number}, cảm ơn")
        assert mask_personal_data(text) == without_accents(f"Gửi {word}{between}") + f"{MASK}, cam on"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("sdt 912 345 678", f"sdt {MASK}"), ("sdt anh Bảy 912 345 678", f"sdt anh Bảy {MASK}"),
        ("dien thoai 912.345.678", f"dien thoai {MASK}"),
        ("chung minh nhan dan 361 234 567", f"chung minh nhan dan {MASK}"), ("LH 912.345.678", f"LH {MASK}"),
        ("STK mới: 12345678", f"STK mới: {MASK}"), ("STK cá nhân 12345678", f"STK cá nhân {MASK}"),
        ("STK của hộ Nguyễn Văn A 12345678", f"STK của hộ Nguyễn Văn A {MASK}"),
        ("so tai khoan của anh Hải: 12345678", f"so tai khoan của anh Hải: {MASK}"),
        ("ho chieu của chị Lan B1234567", f"ho chieu của chị Lan {MASK}"), ("so dt 912 345 678", f"so dt {MASK}"),
        ("can cuoc số 123 456 789", f"can cuoc số {MASK}"), ("DTDD 912345 678", f"DTDD {MASK}"),
        ("giay phep lai xe hạng B2 số 123456", f"giay phep lai xe hạng B2 số {MASK}"),
        ("liên hệ 912 345 678 họ Nguyễn", f"liên hệ {MASK} họ Nguyễn"), ("bien so 65P1 23 45", f"bien so {MASK}"),
        ("biển số 65A-12.345", f"biển số {MASK}"),
        ("xe biển số 30A 12.345", f"xe biển số {MASK}"), ("biển số: 29-A 12.345", f"biển số: {MASK}"),
        ("bao hiem y te DN 4 92 9212345678", f"bao hiem y te {MASK}"),
        ("giay phep lai xe 92 0123 456 789", f"giay phep lai xe {MASK}"),
    ],
)  # fmt: skip
def test_words_are_known_as_people_type_them(text: str, masked: str) -> None:
    assert mask_personal_data(text) == masked


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("nguyen_van_an_1985@gmail.com.xlsx", f"{MASK}.xlsx"),
        ("anh_65A-12345.jpg", f"anh {MASK}.jpg"), ("xe_65A-123.45_vi_pham.jpg", f"xe {MASK} vi pham.jpg"),
        ("hộ_chiếu_B1234567.pdf", f"hộ chiếu {MASK}.pdf"), ("so_tai_khoan_12345678.pdf", f"so tai khoan {MASK}.pdf"),
        ("stk_12345678.pdf", f"stk {MASK}.pdf"), ("tau_CT-90123-TS.jpg", f"tau {MASK}.jpg"),
        ("xe_TC-65-12.jpg", f"xe {MASK}.jpg"), ("báo_cáo_2026_11_30.pdf", "báo_cáo_2026_11_30.pdf"),
    ],
)  # fmt: skip
def test_underscores_of_the_name_of_a_file_are_blanks(name: str, masked: str) -> None:
    assert mask_file_name(name, 180) == masked


@pytest.mark.parametrize("name", ["ban_do_hộ_chiếu_B1234567", "anh_STK_anh_Ba_12345678", "so_nha_0912345678"])
def test_cut_of_the_name_of_a_file_keeps_no_part_of_a_number(name: str) -> None:
    for length in range(1, 40):
        masked = mask_file_name(f"{name}.pdf", length)
        assert len(masked) <= length + 4 and not any(map(str.isdigit, masked)), masked


@pytest.mark.parametrize("text", KEPT)
def test_figures_behind_such_words_are_kept(text: str) -> None:
    assert mask_personal_data(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mã số BHXH 9212 345 678 1975", "mã số BHXH ••• 1975"), ("MST 8012.345.678 2024", "MST ••• 2024"),
        ("BHYT GD 4 92 92 123 45678 2024", "BHYT ••• 2024"), ("mst 8012345678-001 2024", "mst ••• 2024"),
        ("BHYT số là mã 9212 345 678", "BHYT số là mã •••"),
        ("BHXH 9212 345 678 0912 345 678", "BHXH ••• •••"), ("BHXH: 9212-345-678 1980", "BHXH: ••• 1980"),
    ],
)  # fmt: skip
def test_year_or_number_behind_a_number_takes_no_mask_away(text: str, masked: str) -> None:
    assert mask_personal_data(text) == masked


@pytest.mark.parametrize("card", ["9704 1234 5678 9012 345", "9704-1234-5678-9012-34", "9704 3612 3456 7890"])
def test_number_of_a_bank_card_is_masked_whole(card: str) -> None:
    for word in ("thẻ", "số thẻ", "mã số thẻ là"):
        assert mask_personal_data(f"{word} {card}.") == f"{word} {MASK}."


BANKS = (
    "VCB", "Vietcombank", "BIDV", "Agribank", "TCB", "MB", "ACB", "VietinBank", "Sacombank", "MBBank", "NCB",
    "Nam A Bank", "Bac A Bank", "BaoViet Bank", "LienVietPostBank", "GPBank", "HSBC", "Shinhan", "Woori Bank", "MoMo",
    "ngân hàng Á Châu", "Ngân hàng TMCP Quân đội", "ngân hàng Nông nghiệp và Phát triển Nông thôn Việt Nam",
    "ngan hang A Chau", "NamABank",
)  # fmt: skip


@given(
    st.from_regex(re.compile(r"\d{4}[ .-]?\d{4}[ .-]?\d{3}[ .-]?\d{2,4}", re.ASCII), fullmatch=True),
    st.sampled_from(BANKS),
)
@example("123-456-789", "ACB")
@example("012-345-678", "Vietcombank")
@example("12-345-678", "VCB")
@example("190-123-456-789-01", "Techcombank")
@example("125-100-001-234-56", "BIDV")
@example("2000-2000.00000", "VCB")
@example("2000-2000 000 00", "VCB")
def test_an_account_behind_the_name_of_a_bank_is_masked_in_any_groups(number: str, bank: str) -> None:
    assert mask_personal_data(f"chuyển vào {bank} {number} nhé") == f"chuyển vào {bank} {MASK} nhé"


@given(st.integers(1, 10**12), st.sampled_from(BANKS), st.sampled_from(("đồng", "đ", "VND")))
def test_amounts_behind_the_name_of_a_bank_are_kept(amount: int, bank: str, unit: str) -> None:
    shown = f"{bank} cho vay {amount:,} {unit}; {bank} {amount:,} {unit}".replace(",", ".")
    assert mask_personal_data(shown) == shown


@pytest.mark.parametrize(
    "report",
    [
        "Ngân hàng Quốc tế 2026-12-01 08:30", "Cháy tại ngân hàng Á Châu 17-19-21 Nguyễn Trãi",
        "ngân hàng An Bình 45-47-49-51 đường 30/4", "Shinhan 1900 1577", "HSBC 1800 1234", "Momo 1900 54 54 41",
        "MoMo 1234567 giao dịch", "Ngân hàng Nông nghiệp số 123456/NHNN-CV", "Ngân hàng Việt Nam 10.03275 105.78312",
        "NGÂN HÀNG ĐẦU TƯ VÀ PHÁT TRIỂN 2020-2025-2030", "NCB-2026-0012", "timo 0.123456",
    ],
)  # fmt: skip
def test_other_numbers_behind_the_name_of_a_bank_are_kept(report: str) -> None:
    assert mask_personal_data(report) == report


@pytest.mark.parametrize("account", ["12-34-56-78-90-12", "12-34-56-78-90", "1234 56", "1234-5678"])
def test_an_account_in_groups_behind_the_name_of_a_bank_is_masked(account: str) -> None:
    assert mask_personal_data(f"Vietcombank {account}") == f"Vietcombank {MASK}"


@pytest.mark.parametrize("behind", ["/NGUYEN VAN A", "/Nguyễn Văn A", " giao dịch lừa đảo"])
def test_an_account_with_its_owner_or_what_happened_behind_it_is_masked(behind: str) -> None:
    assert mask_personal_data(f"ACB 20123456{behind}") == f"ACB {MASK}{behind}"
