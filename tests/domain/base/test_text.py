"""Cleaning of text from outside: what results can be stored in both databases and shown as it is."""

from unicodedata import category, is_normalized

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.text import REPLACEMENT, clean_text, has_forbidden_characters, map_texts, shorten
from ioc.domain.events.event import EventStage

ANY_TEXT = st.text(st.characters())
# Format characters that are drawn: signs before a number or a verse, and controls of hieroglyphs and of musical notes.
PREPENDED = "".join(
    map(chr, [*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD, *range(0x13430, 0x13440),
              *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B)])
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mực nước", "Mực nước"),
        ("Mực nước", "Mực nước"),  # decomposed becomes composed
        ("k\0x", f"k{REPLACEMENT}x"),
        ("a\ud800b", f"a{REPLACEMENT}b"),
        ("a\u202eb\u2066c", f"a{REPLACEMENT}b{REPLACEMENT}c"),
        ("a\x1b[31mb", f"a{REPLACEMENT}[31mb"),
        ("tab\tand\nline", "tab\tand\nline"),
    ],
)
def test_forbidden_characters_are_replaced(text: str, expected: str) -> None:
    assert clean_text(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        " ",
        "\n\t",
        "\u200b",
        " \u200b\ufeff ",
        "\u3164",
        "\u2800",
        "\u115f",
        "\u00ad",
        "\ufe0f",
        "\u2060\u200e",
        "\U000e0041",
    ],
)
def test_text_without_anything_to_see_becomes_empty(text: str) -> None:
    assert clean_text(text) == clean_text(text * 3, 2) == "" and clean_text(f"{text}a{text}") == f"{text}a{text}"


@given(st.text(st.characters(categories=["Cf", "Zs", "Zl", "Zp"], exclude_characters=PREPENDED)))
def test_separators_and_format_characters_alone_are_no_text(text: str) -> None:
    assert has_forbidden_characters(text) or clean_text(text) == ""


@given(ANY_TEXT, st.integers(0, 20))
def test_cleaned_text_is_encodable_normalized_and_bounded(text: str, limit: int) -> None:
    cleaned = clean_text(text, limit)
    cleaned.encode()
    assert len(cleaned) <= limit and is_normalized("NFC", clean_text(text)) and not has_forbidden_characters(cleaned)
    assert all(category(character) != "Cc" or character in "\t\n\r\x85" for character in cleaned)


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)


def test_every_text_within_tuples_and_mappings_is_cleaned() -> None:
    value = ("a\0", {"b\0": ("c\0", 1.5)}, EventStage.OPEN, None)
    assert map_texts(value, clean_text) == (
        f"a{REPLACEMENT}", {f"b{REPLACEMENT}": (f"c{REPLACEMENT}", 1.5)}, EventStage.OPEN, None
    )  # fmt: skip


def test_shortened_text_is_marked() -> None:
    assert [shorten(text, 4) for text in ("", "abcd", "abcde")] == ["", "abcd", "abc…"]
