"""The names of the cells of a spreadsheet."""


def cell_address(row: int, column: int) -> str:
    """The name of a cell as spreadsheets write it, row and column counted from 0: (6, 2) is C7."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def column_number(letters: str) -> int:
    """The column, from 0, that spreadsheets name with `letters` from A to Z: C is 2."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
