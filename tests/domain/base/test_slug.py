import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.slug import search_words, slugify, without_accents


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Mực nước (Đầm Dơi) ", "muc-nuoc-dam-doi"),
        ("QT2_NM2", "qt2-nm2"),
        ("/chi-so/pm2.5/", "chi-so-pm2-5"),
        (" -- ", ""),
        ("水位", ""),
    ],
)
def test_name_becomes_an_id(name: str, key: str) -> None:
    assert slugify(name) == key


def test_id_that_is_cut_ends_with_a_letter_or_digit() -> None:
    assert slugify("Phòng họp số 1", 10) == "phong-hop"


@given(st.text(max_size=60), st.none() | st.integers(1, 30))
def test_id_of_any_text_is_an_id_and_stays_as_it_is(text: str, max_length: int | None) -> None:
    key = slugify(text, max_length)
    assert key == "" or re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", key)
    assert slugify(key, max_length) == key and len(key) <= (max_length or len(key))


def test_letters_without_accents_keep_their_case() -> None:
    assert without_accents("Sông Hậu, Đê Ô Môn – độ mặn ‰") == "Song Hau, De O Mon – do man ‰"


@given(st.text(max_size=60))
def test_all_marks_go_and_no_letter(text: str) -> None:
    letters = [letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter)]
    assert without_accents(text) == "".join(letters).replace("đ", "d").replace("Đ", "D")


def test_words_that_are_searched_for_are_few_clean_and_different() -> None:
    assert search_words(" Đầm  DƠI đầm ") == ("dam", "doi")
    assert search_words("a b c d e f g h i") == ("a", "b", "c", "d", "e", "f", "g", "h")
    assert search_words("x" * 500) == ("x" * 200,)
    assert all(word.encode() and "\0" not in word for word in search_words("\ud800 a\0b"))
    assert search_words("\u200b ") == ()
