from ioc.domain.base.cell_address import cell_address


def test_cells_are_named_as_spreadsheets_name_them() -> None:
    cells = [(0, 0), (6, 2), (0, 25), (9, 26), (0, 701), (0, 702)]
    assert [cell_address(row, column) for row, column in cells] == ["A1", "C7", "Z1", "AA10", "ZZ1", "AAA1"]
