"""Evidence files by HTTP: sent with an act, listed with it, and downloaded by whoever may see the task."""

import errno
import json
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from components.ui.forms import USED_FILE
from ioc.auth.api_keys import NewApiKey
from ioc.directives.act_command import ActCommand
from ioc.directives.acts import perform_act
from ioc.directives.documents import DocumentEntry, enter_document
from ioc.directives.evidence import prune_unused, stored_name
from ioc.directives.queries import find_task
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Principal, PrincipalKind, Role, Scope
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.acts import Act, ActFields, PositionKind
from ioc.domain.directives.directive import Document, Task, Visibility
from ioc.domain.directives.evidence import (
    MAX_CONTENTS,
    MAX_FILES,
    MAX_KB,
    EvidenceCode,
    EvidenceError,
    EvidenceFile,
    EvidenceType,
    StoredEvidence,
)
from ioc.domain.directives.positions import Position
from ioc.storage.access import audit_log
from ioc.storage.access.audit_log import AuditFilter
from ioc.storage.directives import positions
from ioc.storage.evidence_files import UNUSED_SECONDS
from ioc.web.errors.codes import RequestCode
from ioc.web.server.responses import call_wsgi
from tests.directives.evidence_samples import PDF, SAMPLES, open_xml
from tests.pages.conftest import WorkingBrowser, working
from tests.pages.directive_city import HELD, OTHER, TASK, DirectiveCity
from tests.pages.test_task import browser_of, done, form, opened, page_of
from tests.web.views.conftest import Centre

NAME = "Biên bản nghiệm thu.pdf"
RESTRICTED = "mp-2-2026/nv-1"


@pytest.fixture
def city(centre: Centre) -> Iterator[DirectiveCity]:
    made = DirectiveCity(centre.directives)
    made.act("gd-a", Act.RECEIVE)
    yield made


def send(browser: WorkingBrowser, name: str = NAME, body: bytes = PDF) -> TestResponse:
    return browser.client.post("/files/evidence", base_url=browser.base, data={"file": (BytesIO(body), name)})


def handle_of(answer: TestResponse) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["handle"])


def report(browser: WorkingBrowser, *handles: str, act: Act = Act.REPORT, **more: str) -> dict[str, object]:
    """The answer to a report with these files."""
    values = form(act, "gd-a", text="Đã làm", **more) | {"task-evidence.handle": " ".join(handles)}
    return done(browser, values)


def files_of(city: DirectiveCity, task: str = TASK) -> list[StoredEvidence]:
    detail = find_task(city.context, task, "vp", city.principal("vp"))
    return [file for files in detail.evidence.values() for file in files]


def contents(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("evidence/*") if path.name != ".lock"}


def download(browser: WorkingBrowser, number: object) -> TestResponse:
    return browser.get(f"/files/evidence/{number}", Accept="application/json")


def reported(centre: Centre, city: DirectiveCity, sender: WorkingBrowser | None = None) -> StoredEvidence:
    """A file of a report on TASK."""
    browser = sender or browser_of(centre, "gd-a")
    assert report(browser, handle_of(send(browser)))["task-form.data-saved"]
    return files_of(city)[-1]


def test_act_carries_files_which_stand_with_it(centre: Centre, city: DirectiveCity, tmp_path: Path) -> None:
    browser = browser_of(centre, "gd-a")
    handles = [handle_of(send(browser, f"Minh chứng.{kind.value}", body)) for kind, body in list(SAMPLES.items())[:5]]
    answer = report(browser, *handles)
    assert answer["task-form.data-saved"] and answer["task-evidence.handle"] == USED_FILE
    stored = files_of(city)
    assert [file.file.file_type for file in stored] == list(SAMPLES)[:5] and len(contents(tmp_path)) == 5
    assert {(file.actor, str(file.event)) for file in stored} == {("nguoi-gd-a", answer["task-form.data-saved"])}
    shown = page_of(browser_of(centre, "vp"), "vp")["task-timeline.markup"]
    assert all(f'href="/files/evidence/{file.id}"' in shown for file in stored) and "Minh chứng.pdf" in shown
    with centre.store.read() as conn:
        entry = audit_log.newest(conn, AuditFilter(action="directive-report"), 1)[0]
    assert [each["sha256"] for each in json.loads(entry.after)["evidence"]] == [file.file.sha256 for file in stored]


@pytest.mark.parametrize("size", [300_000, 3_000_000])
@pytest.mark.parametrize("content", [b"\r\n", b"\n", b"12,5\r\n", bytes(range(256))])
def test_large_files_of_any_bytes_are_taken(centre: Centre, city: DirectiveCity, content: bytes, size: int) -> None:
    """The limit of a form's fields counts what the library holds of a file's part, too."""
    browser, part = (
        browser_of(centre, "gd-a"),
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n',
    )
    body = part + PDF + content * (size // len(content)) + PDF + b"\r\n--x--\r\n"
    kind = "multipart/form-data; boundary=x"
    assert handle_of(browser.client.post("/files/evidence", base_url=browser.base, data=body, content_type=kind))


def test_a_person_uses_a_share_of_the_store_and_nothing_of_a_refused_act_is_kept(
    centre: Centre, city: DirectiveCity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = browser_of(centre, "gd-a")
    first, second = (handle_of(send(browser, f"{name}.pdf", PDF + name.encode())) for name in "ab")
    assert report(browser, first)["task-form.data-saved"]
    monkeypatch.setattr("ioc.domain.directives.evidence.SHARE", 1.5 / MAX_CONTENTS)
    answer = report(browser, second)
    assert "task-form.data-saved" not in answer or not answer["task-form.data-saved"]
    assert len(files_of(city)) == len(contents(tmp_path)) == 1
    assert report(browser, handle_of(send(browser, "a.pdf", PDF + b"a")))["task-form.data-saved"]  # kept already


@pytest.mark.parametrize("act", [Act.SUBMIT_COMPLETION, Act.REPORT])
def test_dialog_of_an_act_that_takes_files_offers_them(centre: Centre, city: DirectiveCity, act: Act) -> None:
    browser = browser_of(centre, "gd-a")
    assert opened(browser, act, "gd-a")["task-evidence-box.hidden"] is False
    answer = opened(browser, Act.ASSIGN_INSIDE, "gd-a")
    assert answer["task-evidence-box.hidden"] is True and answer["task-evidence.handle"] == USED_FILE


def test_explanation_carries_files(centre: Centre, city: DirectiveCity) -> None:
    asked = city.act("ct", Act.REQUEST_EXPLANATION, text="Vì sao chậm")
    browser = browser_of(centre, "gd-a")
    answer = report(
        browser, handle_of(send(browser)), act=Act.ANSWER_EXPLANATION, refers_to=str(asked.event.id)
    )  # fmt: skip
    assert answer["task-form.data-saved"] and len(files_of(city)) == 1


def test_download_is_saved_under_its_name_and_never_shown(centre: Centre, city: DirectiveCity) -> None:
    file = reported(centre, city)
    answer = download(browser_of(centre, "vp"), file.id)
    headers = answer.headers
    assert (answer.status_code, answer.data) == (200, PDF) and headers["Content-Length"] == str(len(PDF))
    assert headers["Content-Type"] == "application/pdf" and headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"] == (
        f"attachment; filename=\"minh-chung-{file.id}.pdf\"; filename*=UTF-8''{quote(NAME)}"
    )
    assert (
        "sandbox" in headers["Content-Security-Policy"] and "default-src 'none'" in headers["Content-Security-Policy"]
    )
    assert headers["Cache-Control"] == "no-store"
    with centre.store.read() as conn:
        entry = audit_log.newest(conn, AuditFilter(action="directive-evidence-downloaded"), 1)[0]
    assert (entry.actor, entry.target, json.loads(entry.after)["sha256"]) == ("nguoi-vp", TASK, file.file.sha256)
    head = browser_of(centre, "ct").client.head(f"/files/evidence/{file.id}", base_url="http://ioc.test")
    assert head.status_code == 405


@pytest.mark.parametrize("site", ["same-site", "cross-site"])
def test_file_is_sent_and_noted_for_no_image_of_another_origin(centre: Centre, city: DirectiveCity, site: str) -> None:
    address = f"/files/evidence/{reported(centre, city).id}"
    answer = browser_of(centre, "vp").get(address, **{"Sec-Fetch-Site": site})
    assert answer.status_code == 200 and f'content="0;url={address}?"' in answer.text and PDF not in answer.data
    with centre.store.read() as conn:
        assert not audit_log.newest(conn, AuditFilter(action="directive-evidence-downloaded"), 1)


def test_download_is_sent_from_its_file_without_a_copy(centre: Centre, city: DirectiveCity, tmp_path: Path) -> None:
    file = reported(centre, city)
    browser = browser_of(centre, "vp")
    answer = download(browser, file.id)
    with call_wsgi(browser.client.application, dict(answer.request.environ)).body as body:
        assert body.name == str(tmp_path / "evidence" / file.file.sha256) and body.read() == PDF


def restrict(city: DirectiveCity) -> int:
    """The number of a file of a task that its agency, the Office and the leaders see alone."""
    task = Task("nv-1", LocalizedText("Việc riêng"), "mp-a", city.today)
    document = Document(
        "mp-2-2026", "2/MP-UBND", LocalizedText("Riêng"), "công văn", "mp-a", city.today, None, (task,),
        visibility=Visibility.AGENCIES_CONCERNED,
    )  # fmt: skip
    enter_document(city.context, DocumentEntry(document, "vp", assign=True), city.principal("vp"))
    city.act("gd-a", Act.RECEIVE, RESTRICTED)
    file = EvidenceFile("a.pdf", EvidenceType.PDF, 3, "0" * 64)
    command = ActCommand(RESTRICTED, Act.REPORT, ActFields(text="x"), "gd-a", evidence=(file,))
    perform_act(city.context, command, city.principal("gd-a"))
    return files_of(city, RESTRICTED)[0].id


def test_file_is_given_to_who_may_see_its_task_and_to_nobody_else(centre: Centre, city: DirectiveCity) -> None:
    browsers = {position: browser_of(centre, position) for position in HELD}
    open_file, closed_file = reported(centre, city, browsers["gd-a"]).id, restrict(city)
    for position, browser in browsers.items():
        assert download(browser, open_file).status_code == 200, position
        unknown, closed = download(browser, 10**6), download(browser, closed_file)
        assert unknown.status_code == 404 and unknown.get_json()["code"] == EvidenceCode.UNKNOWN_FILE
        if position == "gd-b":
            assert (closed.status_code, closed.get_json()) == (404, unknown.get_json())
        else:  # its content was never there
            assert closed.get_json()["code"] == EvidenceCode.CONTENT_LOST, position
    nobody = working(centre.signed_in("ai", Role.LEADER))  # holds no position
    assert {download(nobody, number).status_code for number in (open_file, closed_file)} == {404}


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 30, "1e3", "%31/..", "١"])
def test_number_that_is_none_is_not_found(centre: Centre, city: DirectiveCity, number: str) -> None:
    reported(centre, city)
    assert download(browser_of(centre, "vp"), number).status_code == 404


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.ADMINISTRATOR])
def test_who_may_not_act_on_directives_is_denied_on_every_route(
    centre: Centre, city: DirectiveCity, role: Role | None
) -> None:
    number = reported(centre, city).id
    browser = working(centre.signed_in("la", role) if role else centre.browser())
    assert send(browser).status_code in (401, 403)
    for path in (f"/files/evidence/{number}", f"/api/v1/directives/evidence/{number}"):
        answer = browser.get(path, Accept="application/json")
        assert answer.status_code in (303, 401, 403) and PDF not in answer.data, path
    assert browser.run("task.do_act", form(Act.REPORT, "gd-a", text="x")).status_code in (401, 403)


@pytest.mark.parametrize("position", [each for each in HELD if each != "gd-a"])
def test_who_may_not_do_the_act_leaves_no_file(
    centre: Centre, city: DirectiveCity, tmp_path: Path, position: str
) -> None:
    browser = browser_of(centre, position)
    values = form(Act.REPORT, position, text="x") | {"task-evidence.handle": handle_of(send(browser))}
    assert not done(browser, values).get("task-form.data-saved")
    assert files_of(city) == [] and contents(tmp_path) == set()


@pytest.mark.parametrize(
    ("name", "body", "status", "code"),
    [
        ("a.exe", b"MZ", 415, EvidenceCode.FILE_TYPE), ("a.pdf", b"<html>", 415, EvidenceCode.FILE_CONTENT),
        ("a.docx", open_xml("application/vnd.ms-word.document.macroEnabled.main+xml"), 415, EvidenceCode.FILE_MACROS),
    ],
)  # fmt: skip
def test_file_that_is_refused_is_audited_and_not_kept(
    centre: Centre, city: DirectiveCity, tmp_path: Path, name: str, body: bytes, status: int, code: str
) -> None:
    answer = send(browser_of(centre, "gd-a"), name, body)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    with centre.store.read() as conn:
        denial = audit_log.newest(conn, AuditFilter(result="denied"), 1)[0]
    assert (denial.action, denial.target, denial.reason) == (Action.ACT_ON_DIRECTIVES, "/files/evidence", code)
    assert not list(tmp_path.glob("files/*")) and contents(tmp_path) == set()


def test_file_that_is_too_large_is_refused_before_it_is_read(centre: Centre, city: DirectiveCity) -> None:
    browser = browser_of(centre, "gd-a")
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    body = part + PDF + b" " * MAX_KB * 1024 * 2 + b"\r\n--x--\r\n"
    answer = browser.client.post(
        "/files/evidence", base_url=browser.base, data=body, content_type="multipart/form-data; boundary=x"
    )  # fmt: skip
    assert (answer.status_code, answer.get_json()["code"]) == (413, RequestCode.TOO_LARGE)


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "full"), OSError(errno.EIO, "broken"), PermissionError(errno.EACCES, "denied", "files")],
)
def test_a_disk_that_takes_nothing_is_told_when_a_file_is_sent(
    centre: Centre, city: DirectiveCity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(shutil, "copyfileobj", fail)
    answer = send(browser_of(centre, "gd-a"))
    assert (answer.status_code, answer.get_json()["code"]) == (507, RequestCode.FILE_NOT_KEPT)
    assert not list(tmp_path.glob("files/*"))


def test_handle_of_another_session_or_of_no_file_is_told_at_the_field(centre: Centre, city: DirectiveCity) -> None:
    browser, other = browser_of(centre, "gd-a"), browser_of(centre, "cv-a")
    for handle in (handle_of(send(other)), "x" * 32):
        answer = report(browser, handle)
        assert answer["task-act.is_open"] is True and answer["task-evidence.error"]
    assert files_of(city) == []


def test_more_files_than_an_act_may_carry_are_refused(centre: Centre, city: DirectiveCity, tmp_path: Path) -> None:
    browser = browser_of(centre, "gd-a")
    handles = [handle_of(send(browser, body=PDF + bytes([65 + n]))) for n in range(MAX_FILES + 1)]
    assert report(browser, *handles)["task-evidence.error"] and contents(tmp_path) == set()
    assert report(browser, *handles[1:])["task-form.data-saved"] and len(files_of(city)) == MAX_FILES


def test_act_that_takes_no_files_is_refused_with_one(centre: Centre, city: DirectiveCity, tmp_path: Path) -> None:
    browser = browser_of(centre, "gd-a")
    answer = report(browser, handle_of(send(browser)), act=Act.ASSIGN_INSIDE, unit="Phòng A")
    assert answer["task-act.is_open"] is True and contents(tmp_path) == set()
    file = EvidenceFile("a.pdf", EvidenceType.PDF, 3, "0" * 64)
    command = ActCommand(TASK, Act.ASSIGN_INSIDE, ActFields(unit="Phòng A"), "gd-a", evidence=(file,))
    with pytest.raises(EvidenceError) as error:
        perform_act(city.context, command, city.principal("gd-a"))
    assert error.value.failure.code == EvidenceCode.NOT_TAKEN


def test_equal_contents_are_stored_once_and_stand_with_both_acts(
    centre: Centre, city: DirectiveCity, tmp_path: Path
) -> None:
    browser = browser_of(centre, "gd-a")
    assert report(browser, handle_of(send(browser, "a.pdf")), handle_of(send(browser, "b.pdf")))["task-form.data-saved"]
    assert report(browser, handle_of(send(browser, "c.pdf")))["task-form.data-saved"]
    stored = files_of(city)
    assert [file.file.name for file in stored] == ["a.pdf", "c.pdf"] and len(contents(tmp_path)) == 1
    assert all(download(browser, file.id).data == PDF for file in stored)


def test_linked_task_that_takes_the_report_has_its_files(centre: Centre, city: DirectiveCity) -> None:
    third = Task("nv-3", LocalizedText("Việc cùng nội dung"), "mp-a", city.today)
    document = Document(
        "mp-3-2026", "3/MP-UBND", LocalizedText("Khác"), "công văn", "mp-a", city.today, None, (third,)
    )  # fmt: skip
    enter_document(city.context, DocumentEntry(document, "vp", assign=True), city.principal("vp"))
    city.act("gd-a", Act.RECEIVE, "mp-3-2026/nv-3")
    city.act("cv", Act.LINK, linked_task="mp-3-2026/nv-3")
    first = reported(centre, city)
    (other,) = files_of(city, "mp-3-2026/nv-3")
    assert other.file == first.file and other.event != first.event and files_of(city, OTHER) == []


def test_name_is_stored_without_personal_data_folders_and_other_endings() -> None:
    names = {
        "C:\\Users\\an\\0912 345 678.PDF": "[…].pdf", "../../etc/passwd.pdf": "passwd.pdf", ".pdf": "minh-chung.pdf",
        "x" * 300 + ".jpeg.pdf": "x", "a\u202efdp.exe.pdf": "a\ufffdfdp.exe.pdf",
    }  # fmt: skip
    for name, expected in names.items():
        stored = stored_name(name, EvidenceType.PDF)
        assert stored.endswith(".pdf") and len(stored) <= 120 and "0912" not in stored, name
        if expected.isascii() and expected != "x":
            assert stored == expected


def test_full_quota_is_told_and_the_act_is_not_done(
    centre: Centre, city: DirectiveCity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ioc.storage.evidence_files.MAX_CONTENTS", 0)
    browser = browser_of(centre, "gd-a")
    answer = report(browser, handle_of(send(browser)))
    assert answer["task-act.is_open"] is True and answer["task-evidence.error"] and files_of(city) == []
    assert report(browser)["task-form.data-saved"]


def test_content_of_an_act_stays_and_others_go(centre: Centre, city: DirectiveCity, tmp_path: Path) -> None:
    file = reported(centre, city)
    orphan = tmp_path / "evidence" / ("1" * 64)
    orphan.write_bytes(b"x")
    centre.later(seconds=UNUSED_SECONDS)
    prune_unused(centre.store, tmp_path, centre.clock)
    assert contents(tmp_path) == {file.file.sha256}


def test_system_downloads_by_its_key_what_its_scope_and_position_permit(centre: Centre, city: DirectiveCity) -> None:
    open_file, closed_file = reported(centre, city).id, restrict(city)
    shell, client = Principal(PrincipalKind.SHELL), centre.browser().client
    with centre.store.write() as conn:
        system = Position("he-thong", PositionKind.SYSTEM, "QLVB", "qlvb", city.today, master="qlvb")
        positions.put_position(conn, system)

    def asked(name: str, scope: Scope, path: str) -> tuple[int, bytes]:
        if name not in keys:
            keys[name] = centre.auth.api_keys.create(NewApiKey(name, {scope}), shell)
        headers = {"Authorization": f"Bearer {keys[name]}", "Sec-Fetch-Site": "cross-site"}  # of a program's own view
        answer = client.get(path, base_url="http://ioc.test", headers=headers)
        return answer.status_code, answer.data

    keys = dict[str, str]()
    path = "/api/v1/directives/evidence/"
    assert asked("qlvb", Scope.DIRECTIVES, f"{path}{open_file}") == (200, PDF)
    status, body = asked("qlvb", Scope.DIRECTIVES, f"{path}{closed_file}")
    assert (status, json.loads(body)["code"]) == (404, EvidenceCode.UNKNOWN_FILE)
    assert asked("qlvb", Scope.DIRECTIVES, f"{path}{open_file}?x=1")[0] == 400
    assert asked("khac", Scope.DIRECTIVES, f"{path}{open_file}")[0] == 404
    assert asked("doc", Scope.API, f"{path}{open_file}")[0] == 403
    assert asked("qlvb", Scope.DIRECTIVES, f"/files/evidence/{open_file}")[0] in (303, 401)
