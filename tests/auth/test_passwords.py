"""Rules for passwords."""

from unicodedata import normalize

import pytest

from ioc.auth.errors import AuthCode, AuthError
from ioc.auth.password_strength import is_common
from ioc.auth.passwords import require_strong
from tests.auth.site import PASSWORD, denied

NEW = "đàn cò trắng bay qua cánh đồng"


@pytest.mark.parametrize("password", [
    "M@tKh4u2026!!!", "cantho2026cantho", "Cần Thơ 2026 Cần Thơ", "qwertyuiop1234567", "12345678901234",
    "abcabcabcabcabc", "Passw0rd!!!!!!!", "ioc-cantho-admin-2026", "1qaz2wsx3edc4rfv", "zxcvbnm,./asdfghjkl",
    "TrungTamDieuHanh2026", "anhyeuem anhyeuem", "24111990 24111990", "aaaaaaaaaaaaaab", "!@#$%^&*()!@#$%^",
    "Người trực ban 0001", "P@55w0rd P@55w0rd",
])  # fmt: skip
def test_common_password_is_rejected(password: str) -> None:
    with denied(AuthCode.PASSWORD_COMMON):
        require_strong(password, (), has_mfa=False)


@pytest.mark.parametrize("password", [
    PASSWORD, NEW, "correct horse battery staple", "kX9v-2qLmT_8wZ", "con trâu trắng gặm cỏ ven đê",
    "mưa rào đầu mùa trên bến phà", "🌾🛶🌊🐟🌧️🌴🥭🍍🦆🌞🌙⭐🐃🏞️ lúa chín vàng",
])  # fmt: skip
def test_sentence_is_accepted_as_password(password: str) -> None:
    assert why_denied(password, ("an", "Sở Y tế")) is None
    assert why_denied(normalize("NFD", password), ()) is None


def why_denied(password: str, names: tuple[str, ...]) -> str | None:
    """Why the rule for passwords denies it; None where it does not."""
    try:
        require_strong(password, names, has_mfa=False)
    except AuthError as error:
        return error.failure.code
    return None


def test_password_of_own_names_is_common() -> None:
    names = ("le-quoc-khanh", "Lê Quốc Khánh", "so-nong-nghiep")
    assert is_common("LeQuocKhanh@so-nong-nghiep", names) and not is_common("LeQuocKhanh@so-nong-nghiep", ())
