"""Files of drafts: added by the officer, read and sent by the leader, gone when the draft is withdrawn."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ioc.domain.access.principal import Role
from ioc.domain.directives.acts import Act, PositionKind
from ioc.domain.directives.evidence import MAX_FILES, EvidenceCode
from ioc.storage.access import audit_log
from ioc.storage.access.audit_log import AuditFilter
from ioc.storage.directives import evidence
from tests.directives.evidence_samples import PDF
from tests.pages.conftest import WorkingBrowser, working
from tests.pages.directive_city import DirectiveCity
from tests.pages.test_evidence import contents, files_of, handle_of, send
from tests.pages.test_task import browser_of, done, form, opened
from tests.web.views.conftest import Centre


@pytest.fixture
def city(centre: Centre) -> Iterator[DirectiveCity]:
    made = DirectiveCity(centre.directives)
    made.act("gd-a", Act.RECEIVE)
    yield made


def filled(
    browser: WorkingBrowser, who: str, handles: Sequence[str] = (), kept: Sequence[str] | None = None
) -> dict[str, Any]:
    """The state of the form as it opens, with a text, new files, and those of the draft that stay chosen."""
    shown = opened(browser, Act.REPORT, who)
    values = form(Act.REPORT, who, text="Đã làm")
    values |= {key: shown[key] for key in ("task-opened-act.data", "task-form.data-version")}
    values |= {"task-evidence.handle": " ".join(handles), "task-kept.value": kept}
    if kept is None:
        values["task-kept.value"] = shown["task-kept.value"]
    return values


def handed_over(centre: Centre, *names: str) -> WorkingBrowser:
    """The officer's browser, after a draft with these files."""
    officer = browser_of(centre, "cv-a")
    handles = [handle_of(send(officer, f"{name}.pdf", PDF + name.encode())) for name in names]
    assert done(officer, filled(officer, "cv-a", handles))["task-form.data-saved"]
    return officer


def links(shown: dict[str, Any]) -> list[str]:
    text = json.dumps(shown["task-kept.options"])
    return [part.split('"')[0] for part in text.split('"href": "')[1:]]


def code_of(browser: WorkingBrowser, path: str) -> str:
    answer = browser.get(path, Accept="application/json")
    return str(answer.get_json()["code"]) if answer.status_code != 200 else ""


def test_leader_reads_the_files_of_a_draft_and_sends_them_with_the_act(
    centre: Centre, city: DirectiveCity, tmp_path: Path
) -> None:
    handed_over(centre, "Biên bản", "Bản vẽ")
    leader = browser_of(centre, "gd-a")
    shown = opened(leader, Act.REPORT, "gd-a")
    assert len(shown["task-kept.value"]) == 2 and shown["task-kept-box.hidden"] is False
    assert files_of(city) == [] and len(contents(tmp_path)) == 2
    first, second = links(shown)
    assert leader.get(first).data == PDF + "Biên bản".encode()
    own = handle_of(send(leader, "Công văn.pdf", PDF + b"x"))
    assert done(leader, filled(leader, "gd-a", [own], shown["task-kept.value"][:1]))["task-form.data-saved"]
    assert [each.file.name for each in files_of(city)] == ["Biên bản.pdf", "Công văn.pdf"]
    assert {each.actor for each in files_of(city)} == {"nguoi-gd-a"}
    assert all(code_of(leader, path) == EvidenceCode.UNKNOWN_FILE for path in (first, second))
    assert opened(leader, Act.REPORT, "gd-a")["task-kept-box.hidden"] is True
    with centre.store.read() as conn:
        assert evidence.all_contents(conn) == {each.file.sha256 for each in files_of(city)}
        entry = audit_log.newest(conn, AuditFilter(action="directive-draft"), 1)[0]
    assert [each["name"] for each in json.loads(entry.after)["evidence"]] == ["Biên bản.pdf", "Bản vẽ.pdf"]


def test_nobody_else_reads_the_file_of_a_draft(centre: Centre, city: DirectiveCity) -> None:
    handed_over(centre, "Biên bản")
    (path,) = links(opened(browser_of(centre, "gd-a"), Act.REPORT, "gd-a"))
    for who in ("vp", "ct", "gd-b"):
        assert code_of(browser_of(centre, who), path) == EvidenceCode.UNKNOWN_FILE, who


def test_withdrawn_draft_loses_its_files(centre: Centre, city: DirectiveCity, tmp_path: Path) -> None:
    officer = handed_over(centre, "Biên bản")
    (path,) = links(opened(officer, Act.REPORT, "cv-a"))
    answer = officer.result("task.do_act", filled(officer, "cv-a"), "task-withdraw-ask-go.n_clicks")
    assert answer["task-form.data-saved"] and contents(tmp_path) == set()
    assert code_of(officer, path) == EvidenceCode.UNKNOWN_FILE


def test_next_draft_keeps_the_chosen_files_under_their_numbers(centre: Centre, city: DirectiveCity) -> None:
    officer = handed_over(centre, "Một", "Hai")
    shown = opened(officer, Act.REPORT, "cv-a")
    third = handle_of(send(officer, "Ba.pdf", PDF + b"3"))
    assert done(officer, filled(officer, "cv-a", [third], shown["task-kept.value"][1:]))["task-form.data-saved"]
    again = opened(officer, Act.REPORT, "cv-a")
    assert links(again)[0] == links(shown)[1] and len(links(again)) == 2


def test_draft_takes_no_more_and_no_other_files_than_a_report(
    centre: Centre, city: DirectiveCity, tmp_path: Path
) -> None:
    officer = handed_over(centre, *"12345"[:MAX_FILES])
    more = handle_of(send(officer, "Thêm.pdf", PDF + b"6"))
    answer = done(officer, filled(officer, "cv-a", [more]))
    assert answer["task-act.is_open"] is True and answer["task-evidence.error"]
    assert send(officer, "Chương trình.pdf", b"MZ not a document").get_json()["code"] == EvidenceCode.FILE_CONTENT
    assert len(contents(tmp_path)) == MAX_FILES


def test_files_of_a_draft_that_was_not_read_are_told_and_not_lost(centre: Centre, city: DirectiveCity) -> None:
    city.hold("cv-a-2", PositionKind.AGENCY_OFFICER, "nguoi-thu-hai", "mp-a")
    second = working(centre.signed_in("nguoi-thu-hai", Role.REPORTER))
    unread = filled(second, "cv-a-2")
    handed_over(centre, "Của đồng nghiệp")
    told = done(second, unread)  # the same text, but other files
    assert told["task-act.is_open"] is True and "Của đồng nghiệp.pdf" in str(told["task-alert.children"])
    assert len(told["task-kept.value"]) == 1 and told["task-kept-box.hidden"] is False
    values = unread | {key: told[key] for key in ("task-form.data-version", "task-kept.value")}
    assert done(second, values)["task-form.data-saved"]
    assert len(opened(second, Act.REPORT, "cv-a-2")["task-kept.value"]) == 1


@pytest.mark.parametrize("who", ["cv-a", "gd-a"])
def test_file_that_the_draft_has_not_is_refused(centre: Centre, city: DirectiveCity, who: str) -> None:
    officer = handed_over(centre, "Biên bản")
    browser = officer if who == "cv-a" else browser_of(centre, who)
    answer = done(browser, filled(browser, who, kept=["0" * 64]))
    assert answer["task-act.is_open"] is True and answer["task-evidence.error"]
    assert files_of(city) == []


def test_leader_who_keeps_a_file_of_an_older_draft_is_told(centre: Centre, city: DirectiveCity) -> None:
    officer = handed_over(centre, "Một")
    leader = browser_of(centre, "gd-a")
    values = filled(leader, "gd-a")
    assert done(officer, filled(officer, "cv-a", kept=[]))["task-form.data-saved"]
    told = done(leader, values)
    assert told["task-act.is_open"] is True and told["task-kept.value"] == [] and files_of(city) == []
