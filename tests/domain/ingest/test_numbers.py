"""Decimal signs by column: nothing is guessed, and the same answer gives the same numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.ingest.numbers import NumberNotation, NumberReader, read_numbers
from ioc.domain.ingest.parsing import ParseCode, ParseError, parse_number, text_readings

Result = float | str | None


def read_column(cells: list[object], decimal: str = "", *, may_mix: bool = False) -> list[Result]:
    """The number of each cell, or the code of why it is rejected."""

    def read(numbers: NumberReader) -> list[Result]:
        results: list[Result] = []
        for cell in cells:
            try:
                results.append(numbers.number(cell, "value"))
            except ParseError as error:
                results.append(error.failure.code)
        return results

    return read_numbers(read, NumberNotation(decimal, (-999.0, "x"), {"ON": 1.0, "true": 1.0}, may_mix))


AMBIGUOUS, MIXED, OTHER = ParseCode.DECIMAL_AMBIGUOUS, ParseCode.DECIMAL_MIXED, ParseCode.DECIMAL_OTHER


@pytest.mark.parametrize(
    ("cells", "decimal", "expected"),
    [
        # Neither the row nor the column decides.
        (["2.795"], "", [AMBIGUOUS]),
        (["1,234"], "", [AMBIGUOUS]),
        (["-1.000", "7", "12,345"], "", [AMBIGUOUS, 7, AMBIGUOUS]),
        (["2.795", 3.5], "", [AMBIGUOUS, 3.5]),  # a JSON number says nothing of texts
        # The column decides.
        (["2.795", "2.8"], "", [2.795, 2.8]),
        (["2.795", "2,8"], "", [2795, 2.8]),
        (["1,234", "1,234,567"], "", [1234, 1234567]),
        (["1.234", "1.234,5"], "", [1234, 1234.5]),
        (["1.234", "1234.5"], "", [1.234, 1234.5]),
        (["1.234", "0,5"], "", [1234, 0.5]),
        (["1.234", "0.125"], "", [1.234, 0.125]),  # no group begins with 0
        (["1.234", "1.5e3"], "", [1.234, 1500]),
        # The column contradicts itself.
        (["2.795", "2.8", "2,8", "3"], "", [MIXED, MIXED, MIXED, 3]),
        # The row decides.
        (["2.795", "1,234"], ".", [2.795, 1234]),
        (["2.795", "1,234"], ",", [2795, 1.234]),
        (["27.5", "2.795", "1,234", "1,5"], ",", [OTHER, MIXED, 1.234, 1.5]),
        (["27,5", "1,234", "2.795"], ".", [OTHER, MIXED, 2.795]),
        # No value.
        (["", "x", "NaN", None, "-999.000", "2.795"], "", [None, None, None, None, None, AMBIGUOUS]),
        (["cao"], "", [ParseCode.NOT_A_NUMBER]),
        # Words of the row.
        (["ON", True, False], "", [1, 1, ParseCode.BOOLEAN]),
        (["1,23,456", "0,123,456"], ".", [ParseCode.NOT_A_NUMBER, ParseCode.NOT_A_NUMBER]),
    ],
)
def test_number_is_read_by_the_row_or_by_its_column(cells: list[object], decimal: str, expected: list[Result]) -> None:
    assert read_column(cells, decimal) == expected


def test_cell_of_another_device_stands_for_itself() -> None:
    assert read_column(["7.25", "35,6"], may_mix=True) == [7.25, 35.6]
    assert read_column(["7.25", "35,6", "1.234"], may_mix=True) == [7.25, 35.6, MIXED]
    assert read_column(["7.25", "35,6", "1.234"], ".", may_mix=True) == [7.25, 35.6, 1.234]
    assert read_column(["7.25", "1.234"], may_mix=True) == [7.25, 1.234]


@given(st.floats(-1e6, 1e6), st.integers(0, 5), st.sampled_from(".,"), st.booleans())
def test_text_is_never_read_as_another_number_than_was_written(
    value: float, decimals: int, sign: str, is_grouped: bool
) -> None:
    text = f"{value:,.{decimals}f}" if is_grouped else f"{value:.{decimals}f}"
    written = text if sign == "." else text.translate(str.maketrans(".,", ",."))
    expected = float(text.replace(",", ""))
    assert read_column([written], sign) == [expected]
    (alone,) = read_column([written])
    assert alone in (expected, AMBIGUOUS)
    is_ambiguous = len(set(text_readings(written).values())) > 1
    assert (alone == AMBIGUOUS) is is_ambiguous


@given(st.lists(st.floats(-1e5, 1e5), min_size=1, max_size=12), st.integers(0, 4), st.sampled_from(".,"), st.data())
def test_column_of_one_writer_is_read_right_or_rejected_in_any_order(
    values: list[float], decimals: int, sign: str, data: st.DataObject
) -> None:
    cells = [f"{value:.{decimals}f}".replace(".", sign) for value in values]
    expected = {cell: float(cell.replace(",", ".")) for cell in cells}
    shuffled = data.draw(st.permutations(cells))
    for order in (cells, shuffled):
        for cell, result in zip(order, read_column(list(order)), strict=True):
            assert result in (expected[cell], AMBIGUOUS)
    by_cell = dict(zip(cells, read_column(list(cells)), strict=True))
    assert by_cell == dict(zip(shuffled, read_column(list(shuffled)), strict=True))


@given(st.lists(st.text("0123456789.,- ", max_size=9), max_size=8), st.sampled_from(["", ".", ","]))
def test_number_of_any_text_is_one_of_its_readings(cells: list[str], decimal: str) -> None:
    for cell, result in zip(cells, read_column(list(cells), decimal), strict=True):
        if isinstance(result, float):
            assert result in text_readings(cell).values()
            assert not decimal or result == text_readings(cell)[decimal]


@pytest.mark.parametrize("text", ["1,234", "0,5", "1,234,567"])
def test_format_with_a_decimal_point_has_no_comma(text: str) -> None:
    with pytest.raises(ParseError):
        parse_number(text)
    assert parse_number("2.795") == 2.795


def test_a_number_with_a_text_of_more_than_two_hundred_characters_is_no_number() -> None:
    for text, code in (("<0,1{}mg", ParseCode.LIMIT), ("99{}*", ParseCode.NUMBER_WITH_MARK)):
        for gap, expected in ((100, code), (200, ParseCode.NOT_A_NUMBER)):
            with pytest.raises(ParseError) as caught:
                NumberReader(NumberNotation()).amount(text.format(" " * gap))
            assert caught.value.failure.code == expected
