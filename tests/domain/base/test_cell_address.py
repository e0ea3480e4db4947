from hypothesis import given
from hypothesis import strategies as st

from ioc.domain.base.cell_address import cell_address, column_number


def test_cells_are_named_as_spreadsheets_name_them() -> None:
    cells = [(0, 0), (6, 2), (0, 25), (9, 26), (0, 701), (0, 702)]
    assert [cell_address(row, column) for row, column in cells] == ["A1", "C7", "Z1", "AA10", "ZZ1", "AAA1"]


@given(st.integers(0, 20_000))
def test_the_letters_of_a_cell_name_its_column(column: int) -> None:
    assert column_number(cell_address(0, column)[:-1]) == column
