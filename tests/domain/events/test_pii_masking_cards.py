"""Masking of numbers behind words (insurance, tax, accounts), and of plates with spaces around their signs."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ioc.domain.events.file_names import mask_file_name
from ioc.domain.events.pii_masking import MASK, mask_personal_data

HIDDEN = ("", "\u200b", "\u202d", "\x01", "\ufffd", "\u0301")  # not seen
INSURANCE_WORDS = ("BHYT", "BHXH:", "sổ BHXH số", "mã số BHXH", "bảo hiểm xã hội", "MST cá nhân", "mã số thuế:")


@example("CC.000000000000.0", "BHYT", "")  # "CC" stands before numbers of identity as well
@given(
    st.from_regex(re.compile(r"00\d\d[ .-]?\d{3}[ .-]?\d{3}|(?!MB)[A-Z]{2}(?:[ .-]?\d){13}", re.ASCII), fullmatch=True),
    st.sampled_from(INSURANCE_WORDS),
    st.sampled_from(HIDDEN),
)
def test_a_number_of_insurance_or_tax_is_masked_behind_its_word_in_any_groups(
    number: str, word: str, hidden: str
) -> None:
    assert mask_personal_data(f"gửi {word} {hidden.join(number)} nhé") == f"gửi {word} {MASK} nhé"


@given(
    st.integers(1, 10**12), st.sampled_from(INSURANCE_WORDS), st.sampled_from(".,"), st.sampled_from(("đồng", "thẻ"))
)
def test_amounts_behind_the_name_of_an_insurance_are_kept(amount: int, word: str, mark: str, unit: str) -> None:
    shown = f"{word} {amount:,} {unit}".replace(",", mark)
    assert mask_personal_data(shown) == shown


@given(st.from_regex(re.compile(r"13 ?[ .-] ?[A-ZĐ]1?(?: ?[.-] ?| )\d{3}(?: ?[.-] ?)?\d\d", re.ASCII), fullmatch=True))
def test_a_plate_is_masked_with_spaces_around_its_signs(plate: str) -> None:
    assert mask_personal_data(f"xe {plate} nhé") == f"xe {MASK} nhé"


def test_a_number_behind_the_word_account_is_masked_unless_it_is_an_amount() -> None:
    assert mask_personal_data("gửi tài khoản 12345678 nhé") == f"gửi tài khoản {MASK} nhé"
    assert mask_personal_data("Tài khoản số: 1234 5678 nhé") == f"Tài khoản số: {MASK} nhé"


@pytest.mark.parametrize(
    ("word", "number"),
    [("MST cá nhân", "831 234 5678"), ("mã số BHXH", "792 123 4567"), ("tài khoản", "123 456 7890"),
     ("BIDV", "741 100 00123456")],
)  # fmt: skip
def test_a_number_that_begins_like_an_amount_is_masked(word: str, number: str) -> None:
    assert mask_personal_data(f"gửi {word} {number} nhé") == f"gửi {word} {MASK} nhé"


TELEPHONE_WORDS = ("ĐT:", "sđt", "SĐT là", "điện thoại số", "Tel.", "zalo:", "Zalo -", "hotline", "di động")
# Without their 0. Three groups that begin alike may be roads behind "ĐT", those that end in zeros an amount.
NO_ROADS = r"(?!(\d)\d\d[ .-]\1\d\d[ .-]\1)(?!\d{3}[ .]000[ .]000)"


MOBILE = r"[35789](?:\d\d(?P<gap>[ .-]?)\d{3}(?P=gap)\d{3}|\d(?P<gap2>[ .-]?)\d{3}(?P=gap2)\d{4})"


@given(
    st.from_regex(re.compile(rf"{NO_ROADS}{MOBILE}|\(?2[1-9]\d\)? ?\d{{3}}[ .-]?\d{{4}}", re.ASCII), fullmatch=True),
    st.sampled_from(TELEPHONE_WORDS),
)
def test_a_telephone_number_without_its_0_is_masked_behind_its_word(number: str, word: str) -> None:
    assert mask_personal_data(f"gọi {word} {number} nhé") == f"gọi {word} {MASK} nhé"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("C:\\a\\biểu 10.xlsx", "biểu 10.xlsx"), ("../../x.csv", "x.csv"), ("a@b.example.xlsx", f"{MASK}.xlsx"),
        ("0100345678.xlsx", f"{MASK}.xlsx"), ("x.0100345678", f"x.{MASK}"), ("a.b@mail.example", MASK),
        ("a@mail.vn", MASK), ("", ""),
        ("x" * 300 + ".ods", "x" * 50 + ".ods"), ("sl_001_20261124.xlsx", "sl_001_20261124.xlsx"),
    ],
)  # fmt: skip
def test_the_name_of_a_file_is_masked_and_its_ending_stays(name: str, kept: str) -> None:
    assert mask_file_name(name, 50) == kept
