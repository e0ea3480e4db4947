"""Secrets in shown texts: keys are masked, words that a text may have by itself stay."""

import pytest

from data_sources._http.secrets import SecretExpander


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
