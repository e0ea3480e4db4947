"""Tables as files."""

import pytest

from components.submissions.workbook_files import as_csv, escape_formula


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx"])
def test_a_text_that_begins_like_a_formula_is_escaped(text: str) -> None:
    assert escape_formula(text) == f"'{text}"
    assert (escape_formula("Xã A"), escape_formula(-5.0)) == ("Xã A", -5.0)


def test_csv_cells_are_escaped_and_numbers_have_a_decimal_comma() -> None:
    assert as_csv([["=1", -1.5, None]]).decode("utf-8-sig") == "'=1;-1,5;\r\n"
