"""Cleaning of text from outside: what results can be stored in both databases and shown as it is."""

from unicodedata import category, is_normalized

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.text import REPLACEMENT, clean_nested, clean_text, has_forbidden_characters, shorten
from ioc.domain.events.event import EventStage

ANY_TEXT = st.text(st.characters())


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
    assert clean_nested(value) == (
        f"a{REPLACEMENT}", {f"b{REPLACEMENT}": (f"c{REPLACEMENT}", 1.5)}, EventStage.OPEN, None
    )  # fmt: skip


def test_shortened_text_is_marked() -> None:
    assert [shorten(text, 4) for text in ("", "abcd", "abcde")] == ["", "abcd", "abc…"]
