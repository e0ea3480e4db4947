"""Sheets of tasks are read in the process of the test; pages of who holds a position."""

import pytest

from ioc.web import task_sheet_process
from ioc.worker import task_sheets
from tests.pages.directive_site import fill_positions, official
from tests.pages.sheet_site import PageOf, SheetPage
from tests.web.views.conftest import Centre


@pytest.fixture
def sheets_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sheets are read in this process: their own takes its time on a busy machine."""
    monkeypatch.setattr(task_sheet_process, "_run", task_sheets.answer)


@pytest.fixture
def page_of(centre: Centre, sheets_read_here: None) -> PageOf:
    """The page of who holds a position."""
    fill_positions(centre)
    return lambda name: SheetPage(centre, official(centre, name), name)
