"""A store that fails within a bulk act: what was done is said, and the same dialog does the rest once."""

from typing import Any

import pytest

from components.ui.i18n import t
from ioc.directives import acts, assignment, queries
from ioc.domain.directives.acts import Act
from ioc.storage.db.errors import StoreCode, StoreError
from tests.pages.directive_site import enter, make_directive, official
from tests.pages.test_register import GO, PREVIEW, form, history, opened, staffed
from tests.web.views.conftest import Centre

__all__ = ["staffed"]
TASKS = ("d1/nv-1", "d2/nv-2")


def fail_at(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, number: int) -> None:
    """The call of that number fails as a store does that stops answering."""
    original, calls = getattr(module, name), list[None]()

    def call(*given: Any, **named: Any) -> Any:
        calls.append(None)
        if len(calls) == number:
            raise StoreError(StoreCode.DATABASE_ERROR)
        return original(*given, **named)

    monkeypatch.setattr(module, name, call)


def test_reminders_that_were_cut_are_said_and_done_by_the_same_dialog(
    staffed: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = official(staffed, "vp")
    values = form(opened(browser, Act.REMIND, *TASKS), text="Khẩn trương")
    fail_at(monkeypatch, acts, "_perform", 2)
    cut = browser.result("register.perform", values, GO)
    assert cut["register-go.disabled"] is False and "register-table.selectedRows" not in cut
    assert cut["register-bulk-close.children"] == t("common.close", "vi")  # what was done stays
    assert str(cut["register-results.children"]).count("✓") == 1
    assert sum(history(staffed, task) == [Act.ASSIGN, Act.REMIND] for task in TASKS) == 1
    done = browser.result("register.perform", values, GO)
    assert done["register-go.disabled"] is True
    assert [history(staffed, task) for task in TASKS] == [[Act.ASSIGN, Act.REMIND]] * 2


def test_store_that_stays_away_hides_no_act_that_was_done(staffed: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = official(staffed, "vp")
    first, changed, last = "d1/nv-1", "d1/nv-2", "d2/nv-2"
    values = form(opened(browser, Act.REMIND, first, changed, last), text="Khẩn trương")
    browser.result("register.perform", form(opened(browser, Act.REMIND, changed), text="Hôm nay"), GO)
    fail_at(monkeypatch, acts, "_perform", 3)
    fail_at(monkeypatch, queries, "load_task", 1)  # what others did since, for the task that was changed
    cut = browser.result("register.perform", values, GO)
    assert str(cut["register-results.children"]).count("✓") == 1
    assert history(staffed, first) == [Act.ASSIGN, Act.REMIND]


def test_preview_that_is_cut_fails_as_a_whole(staffed: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is stored by it, so that nobody has to ask what was done."""
    browser = official(staffed, "vp")
    values = form(opened(browser, Act.REMIND, *TASKS), text="Khẩn trương")
    fail_at(monkeypatch, acts, "_perform", 2)
    assert browser.run("register.perform", values, PREVIEW).status_code == 503


def test_bulk_act_of_which_nothing_was_done_fails_as_a_whole(staffed: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = official(staffed, "vp")
    values = form(opened(browser, Act.REMIND, *TASKS), text="Khẩn trương")
    fail_at(monkeypatch, acts, "_perform", 1)
    assert browser.run("register.perform", values, GO).status_code == 503
    assert [history(staffed, task) for task in TASKS] == [[Act.ASSIGN]] * 2


def test_assignments_that_were_cut_between_documents_are_done_by_the_same_dialog(
    staffed: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("d3", "d4"):
        enter(staffed, make_directive(staffed, key), assign=False)
    browser = official(staffed, "vp")
    values = form(opened(browser, Act.ASSIGN, is_all=True, **{"trang-thai": "cho-giao"}))
    fail_at(monkeypatch, assignment, "_assign_chosen", 2)
    cut = browser.result("register.perform", values, GO)
    assert cut["register-go.disabled"] is False
    done = browser.result("register.perform", values, GO)
    assert done["register-go.disabled"] is True
    assert all(history(staffed, f"{key}/nv-{n}") == [Act.ASSIGN] for key in ("d3", "d4") for n in (1, 2))
