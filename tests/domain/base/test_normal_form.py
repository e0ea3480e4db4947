"""Normal forms: those of Unicode for every text with short runs of marks, and no more work than the text is long."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_every_combining_mark_counts() -> None:
    marks = [chr(point) for point in range(sys.maxunicode + 1) if unicodedata.combining(chr(point))]
    assert len(marks) > 900
    for mark in marks:
        assert len(normal_form("NFD", "a" + mark * 1000)) <= 1 + MAX_MARKS * len(unicodedata.normalize("NFD", mark))
