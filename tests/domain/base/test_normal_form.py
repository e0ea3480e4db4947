"""Normal forms: those of Unicode for every text with short runs of marks, and no more work than the text is long."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base import normal_form as module
from ioc.domain.base.normal_form import MAX_MARKS, normal_form

FORMS = ("NFC", "NFD", "NFKC")
WORDS = st.text(st.sampled_from("aơĐ\u1ee6ﬁ가 -\u0301\u0323\u0309"), max_size=MAX_MARKS)


@pytest.mark.parametrize("form", FORMS)
@given(text=WORDS | st.text(max_size=MAX_MARKS))
def test_a_text_with_short_runs_has_the_form_of_unicode(form: str, text: str) -> None:
    assert normal_form(form, text) == unicodedata.normalize(form, text)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", FORMS)
def test_a_run_of_marks_is_cut_before_it_is_sorted(form: str) -> None:
    marks = "\u0301\u0323" * 250_000  # sorting them all takes minutes
    text = normal_form(form, f"a{marks}b")  # type: ignore[arg-type]
    assert len(unicodedata.normalize("NFD", text)) == 1 + MAX_MARKS + 1 and text[-1] == "b"


def test_every_character_that_is_sorted_among_marks_counts() -> None:
    """Also those whose decomposition alone has a class: alone, and between marks."""
    sorted_ones = [
        char
        for char in map(chr, range(sys.maxunicode + 1))
        if not 0xD800 <= ord(char) <= 0xDFFF and unicodedata.combining(unicodedata.normalize("NFKD", char)[0])
    ]
    assert len(sorted_ones) > 900 and {"\u0f73", "\u0f81", "\uff9e"} <= set(sorted_ones)
    for char in sorted_ones:
        length = len(unicodedata.normalize("NFKD", char))
        for run in (char, "\u0316" + char):
            for form in FORMS:
                assert len(normal_form(form, "a" + run * 1000)) <= 1 + MAX_MARKS * length  # type: ignore[arg-type]


# Characters that combine with the one before, beside marks: jamo, vowel signs, halfwidth voiced sound marks.
JOINING = "\u1100\u1161\u11a8\uac00\u09c7\u09be\u3046\u3099\uff76\uff9e\u0344\u0958\u0340\U0001d15f"


@pytest.mark.parametrize("form", FORMS)
@given(text=WORDS | st.text(max_size=MAX_MARKS) | st.text(st.sampled_from("aạ\u0301" + JOINING), max_size=MAX_MARKS))
def test_a_text_in_pieces_has_the_form_of_the_whole(form: str, text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PIECE_LENGTH", 1)
        assert normal_form(form, text) == unicodedata.normalize(form, text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "letters", ["Mực nước ", "Mu\u031b\u0323c nu\u031bo\u031b\u0301c", "á", "а", "한", "\u1112\u1161", "😀"]
)
def test_no_call_that_keeps_the_interpreter_has_a_long_text(letters: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths, normalize = list[int](), unicodedata.normalize

    def noting(form: str, text: str) -> str:
        lengths.append(len(text))
        return normalize(form, text)  # type: ignore[arg-type]

    monkeypatch.setattr(unicodedata, "normalize", noting)
    text = letters * (1_000_000 // len(letters))
    assert normal_form("NFC", text) == normalize("NFC", text)
    assert max(lengths) <= 2 * module._PIECE_LENGTH


def test_a_run_of_marks_across_pieces_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PIECE_LENGTH", 10)
    assert len(normal_form("NFD", "a" + "\u0301" * 1_000 + "b")) == 1 + MAX_MARKS + 1
