"""A reader who has only the keyboard."""

from pathlib import Path

from playwright.sync_api import Page, TimeoutError, expect

_MOST_STOPS, _MOST_COLUMNS, _MOST_PRESSES = 80, 9, 6
# The element with the focus shows it: by an outline or a shadow; a cell of a table by its border; a file field by its
# button.
_SHOWS_FOCUS = """() => {
  const one = document.activeElement, next = one.nextElementSibling;
  if (one === document.body || one.matches('.ag-cell-focus, .ag-tab-guard, .modal, .offcanvas')) return true;
  const styles = [getComputedStyle(one), getComputedStyle(one, '::after'), ...(next ? [getComputedStyle(next)] : [])];
  const isOutlined = (style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  return styles.some((style) => style.boxShadow !== 'none' || isOutlined(style));
}"""
_NO_DIALOG_MOVES = "() => !document.querySelector('.modal:not(.show), .offcanvas:not(.show)')"


def press(page: Page, *keys: str) -> None:
    """Presses keys one after the other."""
    for key in keys:
        page.keyboard.press(key)


def wait_for_focus(page: Page) -> None:
    """Waits while a dialog opens or closes: it takes the focus, or gives it back, in the midst of keys."""
    page.wait_for_function(_NO_DIALOG_MOVES)


def tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Presses Tab until the element, once it is there, has the focus; each one on the way shows that it has it."""
    page.wait_for_selector(selector, state="attached")
    wait_for_focus(page)
    for _ in range(_MOST_STOPS):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press(key)
        hidden = page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)")
        assert page.evaluate(_SHOWS_FOCUS), f"the focus is not seen on {hidden}"
    raise AssertionError(f"the keyboard does not reach {selector}")


def act(page: Page, selector: str) -> None:
    """Goes to a button or link and presses Enter."""
    tab_to(page, selector)
    page.keyboard.press("Enter")


def type_into(page: Page, selector: str, text: str) -> None:
    """Goes to a field, and types over what is in it."""
    tab_to(page, selector)
    press(page, "Control+a")
    page.keyboard.type(text)
    expect(page.locator(selector)).to_have_value(text)


def choose_files(page: Page, selector: str, *paths: Path) -> None:
    """Goes to a file field, opens the browser's dialog with Enter, and chooses files, or none, in it.

    A busy browser may let one press of Enter pass without a dialog: it is pressed again while the field has the focus.
    """
    tab_to(page, selector)
    for _ in range(_MOST_PRESSES):
        assert page.evaluate("selector => document.activeElement.matches(selector)", selector), "the focus was lost"
        try:
            with page.expect_file_chooser(timeout=15_000) as chooser:
                press(page, "Enter")
        except TimeoutError:
            continue
        chooser.value.set_files(list(paths))
        return
    raise AssertionError(f"Enter opens no dialog of files at {selector}")


def open_row(page: Page, table: str, row: str = "") -> None:
    """Goes to the row with the id `row`, by default the first, and presses the button of its last cell."""
    number = page.locator(f"{table} .ag-row[row-id='{row}']").first.get_attribute("row-index") if row else 0
    tab_to(page, f"{table} .ag-header-cell")
    press(page, *["ArrowDown"] * (int(number or 0) + 1), *["ArrowRight"] * _MOST_COLUMNS)
    cell = page.evaluate("() => document.activeElement.className")
    assert "ag-cell-focus" in cell, f"the keyboard is not in the rows: {cell}"
    page.keyboard.press("Enter")
