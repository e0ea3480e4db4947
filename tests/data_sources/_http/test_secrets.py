"""Secrets in shown texts: keys are masked, words that a text may have by itself stay."""

import pytest

from data_sources._http.secrets import SecretExpander
from ioc.domain.base.slug import slugify
from ioc.domain.base.text import shorten


@pytest.mark.parametrize(
    ("secret", "is_masked"),
    [("cantho", False), ("cantho-iot", False), ("k3y-of-it", True), ("longpassphrasewords", True)],
)
def test_shown_text_keeps_secrets_that_are_ordinary_words(secret: str, is_masked: bool) -> None:
    secrets = SecretExpander({"MY_KEY": secret})
    assert secrets.expand("${MY_KEY}") == secret
    text = f"trạm {secret} báo"
    assert (secrets.mask(text, is_shown=True) != text) is is_masked
    assert secrets.mask(text) == "trạm <MY_KEY> báo"


@pytest.mark.parametrize("order", [("USER", "PASSWORD"), ("PASSWORD", "USER")])
def test_secret_that_begins_with_another_one_is_masked_whole(order: tuple[str, str]) -> None:
    secrets = SecretExpander({"USER": "stationuser2024", "PASSWORD": "stationuser2024-Xk93kdPq7711"})
    for name in order:
        secrets.expand(f"${{{name}}}")
    text = "k=stationuser2024-Xk93kdPq7711, u=StationUser2024, 2=stationuser2024-xk93kdpq7711"
    assert secrets.mask(text) == "k=<PASSWORD>, u=<USER>, 2=<PASSWORD>"


@pytest.mark.parametrize("secret", ["Zq8vK2mXw4Tn7RbL9cYd3HsJ6fGp1AuE", "a b/c=" * 6, "x.y" * 300])
def test_no_beginning_of_a_secret_is_left_where_a_text_was_cut(secret: str) -> None:
    expander = SecretExpander({"KEY": secret})
    expander.expand("${KEY}")
    for before in range(130):
        text = shorten("ý" * before + secret + " end", 120)
        masked = expander.mask(f"“{text}” is no time")
        assert secret[:4] not in masked and ("<KEY>" in masked) is (before <= 115)


def test_cut_text_that_begins_no_secret_stays() -> None:
    expander = SecretExpander({"KEY": "Zq8vK2mXw4Tn7RbL"})
    expander.expand("${KEY}")
    assert expander.mask("giờ Zq8v: Zq8… và Zq8wK…") == "giờ Zq8v: Zq8… và Zq8wK…"


@pytest.mark.parametrize("secret", ["Zq8vK2mXw4Tn7RbL9cYd3HsJ6fGp1AuE", "eyJhbGciOiJIUzI1NiJ9." + "aB3_" * 55])
@pytest.mark.parametrize("end", ["", "~3f9c", "” is wrong"])
@pytest.mark.parametrize("is_shown", [True, False])
def test_no_long_beginning_of_a_secret_is_left_at_the_end_of_a_text(secret: str, end: str, is_shown: bool) -> None:
    expander = SecretExpander({"KEY": secret})
    expander.expand("${KEY}")
    for before in range(152):
        text = ("ý" * before + secret)[:160] + end
        assert secret[:8].lower() not in expander.mask(text, is_shown=is_shown).lower()
        assert slugify(secret)[:8] not in expander.mask(slugify(text), is_shown=is_shown) or end


def test_words_that_a_secret_begins_with_stay_in_shown_text() -> None:
    expander = SecretExpander({"KEY": "tram-thuy-van-can-tho-9Xw4Tn7RbL9cYd"})
    expander.expand("${KEY}")
    assert expander.mask("Sự cố tram-thuy-van số 3 (tram)", is_shown=True) == "Sự cố tram-thuy-van số 3 (tram)"
