"""Text of cells in TCVN3 and VNI: by font, and by what it spells where the font was changed."""

import re
import unicodedata
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources.spreadsheet.legacy_fonts import Run, UndecidedText, decode_cells, split_runs
from data_sources.spreadsheet.workbook import read_sheets
from ioc.domain.ingest.protocol import ResponsePage
from tests.data_sources.legacy_vietnamese import to_tcvn3, to_vni
from tests.data_sources.server import shared

BOOKS = ["2005-KH2003-bieu", "2006-Bieu-ban-hanh-kem-theo-TT04", "2009-Channuoi_2007"]
CELLS = ["Mực nước cao nhất", "Trạm Cần Thơ", "Độ mặn", "Xã", "Số", "Hồ chứa", "mét", "Toàn thành phố", "Bò"]
WRITERS: dict[str, Callable[[str], str]] = {"unicode": str, "tcvn3": to_tcvn3, "vni": to_vni}
FONTS = ["Arial", "Times New Roman", ".VnTime", "VNI-Times", ""]


def decoded(*cells: tuple[str, str]) -> list[str]:
    return decode_cells([[cell] for cell in cells])


def test_font_decides_how_a_text_is_displayed() -> None:
    assert decoded(("ViÖt", ".VnTime"), ("ViÖt", ".VnTimeH"), ("Vieät", "VNI-Times")) == ["Việt", "VIỆT", "Việt"]
    assert decoded(("tong so", ".VnTimeH"), ("tong so", "Arial")) == ["TONG SO", "tong so"]
    runs = split_runs("ViÖt Vieät x", ".VnTime", [(5, "VNI-Helve"), (10, "Arial")])
    assert decode_cells([runs]) == ["Việt Việt x"]


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("encoding", WRITERS)
def test_text_is_read_whatever_its_font(encoding: str, font: str) -> None:
    assert _composed(decoded(*((WRITERS[encoding](cell), font) for cell in CELLS))) == CELLS


@pytest.mark.parametrize("font", ["Arial", ".VnTime", ""])
def test_ambiguous_text_is_read_as_the_other_cells_of_such_fonts(font: str) -> None:
    """“Xã” is a word in Unicode, and “xó” is one, which TCVN3 writes in the same way."""
    unicode, tcvn3 = [("Trạm đo mặn", font)] * 5, [(to_tcvn3("Trạm đo mặn"), font)] * 5
    assert decoded(*unicode, ("Xã", font))[-1] == "Xã"
    assert decoded(*tcvn3, ("Xã", font))[-1] == "Xó"
    both = decoded(*unicode, *tcvn3, ("Xã", font))
    assert both[:-1] == ["Trạm đo mặn"] * 10 and both[-1] == "Xã" and isinstance(both[-1], UndecidedText)


def test_text_without_a_vietnamese_reading_stays_among_unicode_and_is_undecided_among_others() -> None:
    assert decoded(("Trạm đo", "Arial"), ("Société Générale", "Arial"))[1] == "Société Générale"
    text = decoded((to_tcvn3("Trạm đo mặn"), "Arial"), ("Société Générale", "Arial"))[1]
    assert text == "Société Générale" and isinstance(text, UndecidedText)
    assert not isinstance(decoded(("triưu", ".VnTime"))[0], UndecidedText)


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("text", ["m³/s", "40 µg/m³", "28 °C", "km²", "5 × 3", "a – b", "12,5", ""])
@pytest.mark.parametrize("encoding", WRITERS)
def test_units_and_signs_are_not_decoded(text: str, font: str, encoding: str) -> None:
    if "×" not in text or font in ("Arial", "Times New Roman", ""):
        assert decoded(*((WRITERS[encoding](cell), font) for cell in CELLS), (text, font))[-1] == text


@given(st.lists(st.sampled_from(CELLS), min_size=1), st.sampled_from(["Arial", ".VnTime", "VNI-Times", ""]))
def test_correct_unicode_is_never_changed_beside_other_unicode(cells: list[str], font: str) -> None:
    assert _composed(decoded(("Trạm đo mặn ở Cần Thơ", font), *((cell, font) for cell in cells)))[1:] == cells


@given(
    st.lists(st.tuples(st.sampled_from(CELLS), st.sampled_from(sorted(WRITERS))), min_size=1, max_size=30),
    st.sampled_from(["Arial", ".VnTime", "VNI-Times", ""]),
)
def test_mixed_text_is_right_or_undecided_in_most_cases(cells: list[tuple[str, str]], font: str) -> None:
    """Texts that are words in one encoding only are right, whatever stands beside them."""
    sure = {"Mực nước cao nhất", "Trạm Cần Thơ", "Độ mặn"}
    texts = decoded(*((WRITERS[encoding](cell), font) for cell, encoding in cells))
    assert all(text == cell for text, (cell, _) in zip(_composed(texts), cells, strict=True) if cell in sure)


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("encoding", ["tcvn3", "vni"])
@pytest.mark.parametrize("added", ["Ứng Quý", "≥", "(ở Cần Thơ)", "→ ổn"])
def test_words_in_unicode_among_others_stay(added: str, encoding: str, font: str) -> None:
    text = f"{WRITERS[encoding]('Độ mặn và mực nước cao nhất')} {added}"
    assert _composed(decoded((text, font))) == [f"Độ mặn và mực nước cao nhất {added}"]


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize(
    "text", ["Ống Ø 20", "Đường Müller", "Tỷ lệ ± 5 %", "Trạm Hòa Bình – Société ố", "Nồng độ µg/m³"]
)
def test_unicode_with_other_latin_words_stays(text: str, font: str) -> None:
    assert _composed(decoded((text, font))) == [text]


@given(st.lists(st.tuples(st.text("Aae ®·µé\xadöøäñ°³ộ", max_size=8), st.sampled_from(FONTS))))
def test_any_text_gives_a_text(cells: list[Run]) -> None:
    assert len(decoded(*cells)) == len(cells)


def _composed(texts: Sequence[str]) -> list[str]:
    return [unicodedata.normalize("NFC", text) for text in texts]


@pytest.mark.parametrize("name", BOOKS)
def test_real_workbooks_read_as_people_read_them(name: str) -> None:
    cells = _real_texts(name)
    truth = words(shared(f"vn_sheets/truth_{name}.txt").read_text("utf-8"))
    found = words(" ".join(cells))
    # The text beside one of them holds seven words that its own converter misread ("triưu", "víi").
    assert len(truth - found) <= 7
    assert found - truth <= {"div", "lít", "mía"}


@pytest.mark.parametrize("font", ["Arial", ".VnTime", "VNI-Times"])
@pytest.mark.parametrize("encoding", WRITERS)
@pytest.mark.parametrize("name", BOOKS)
def test_texts_of_real_workbooks_are_read_in_any_encoding_and_font(name: str, encoding: str, font: str) -> None:
    texts = [text for text in _real_texts(name) if not text.isascii()]
    found = _composed(decoded(*((WRITERS[encoding](text), font) for text in texts)))
    assert [text.casefold() for text in found] == [text.casefold() for text in texts]


def _real_texts(name: str) -> list[str]:
    page = ResponsePage(shared(f"vn_sheets/{name}.xls").read_bytes())
    return [cell for sheet in read_sheets(page) for line in sheet.rows for cell in line if isinstance(cell, str)]


def words(text: str) -> set[str]:
    """The words of `text`, whatever their case; numbers aside, which the two write differently."""
    return set(re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", text).casefold()))
