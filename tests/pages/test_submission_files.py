"""Figures that are sent as a file: the workbook to fill in, POST /files, its handle, and what is refused."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl  # type: ignore[import-untyped]
import pytest
from werkzeug.datastructures import FileStorage

from components.ui.forms import USED_FILE
from ioc.dash_kit.form_keys import new_key
from ioc.domain.access.permissions import Action
from ioc.domain.access.principal import Principal, PrincipalKind, Role
from ioc.domain.submissions.errors import SubmissionCode
from ioc.storage.submissions import submissions
from ioc.web.files import MAX_AGE_SECONDS, MAX_FILES_OF_A_PERSON, FileSpool
from tests.pages.submission_site import SubmissionSite, sent_ok, sign_in_reporter, site

__all__ = ["site"]


def template(site: SubmissionSite, kind: str) -> bytes:
    answer = site.client.get(f"/xuat/submission-form.{kind}?bieu=d&ky=2026-10")
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
    return bytes(answer.data)


def filled_form(site: SubmissionSite, **cells: Any) -> bytes:
    """The downloaded form, filled in with a spreadsheet program."""
    book = openpyxl.load_workbook(BytesIO(template(site, "xlsx")))
    sheet = book.worksheets[0]
    for ref, value in {"C6": 10, "D6": 20.5, **cells}.items():
        sheet[ref] = value
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def use(site: SubmissionSite, handle: object) -> dict[str, Any]:
    """The answer to the form with the handle: its errors are JSON."""
    answer = site.run("figures.send", site.sent("", "") | {"figures-file.handle": handle}, "figures-send-file.n_clicks")
    return dict(answer.get_json()) | {"status": answer.status_code}


def stored_values(site: SubmissionSite, number: int = 1) -> Any:
    """The figures of a submission."""
    with site.store.read() as conn:
        return submissions.get_values(conn, [number])[number]


def test_workbook_is_downloaded_filled_in_and_submitted(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    answer = site.send_file("Biểu tháng 10.xlsx", filled_form(site))
    assert sent_ok(answer) and answer["figures-file.handle"] == USED_FILE
    assert answer["figures-figure.value"] == {"x": "10", "y": "20,5"}
    assert stored_values(site) == {"x": 10.0, "y": 20.5}


def test_csv_is_downloaded_filled_in_and_submitted(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    body = template(site, "csv").decode("utf-8-sig").replace("hồ sơ;;", "hồ sơ;10;20,5")
    assert sent_ok(site.send_file("bieu.csv", body.encode("utf-8-sig")))
    assert stored_values(site) == {"x": 10.0, "y": 20.5}


def test_file_errors_name_their_cells_and_nothing_is_saved(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    answer = site.send_file("b.xlsx", filled_form(site, C6="<img src=x>", D6=None, E9="ghi chú"))
    faults = answer["figures-faults.markup"]
    assert "Chưa nhận số liệu nào: tệp “b.xlsx” có 3 chỗ cần sửa." in faults and not sent_ok(answer)
    for cell_name in ("Biểu!C6", "Biểu!D6", "Biểu!E9"):
        assert cell_name in faults
    assert "<img" not in faults and "&lt;img" in faults
    assert site.audited_actions() == [] and site.queued_bodies() == []


def test_file_waits_for_the_reason_of_its_correction(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    assert sent_ok(site.send())
    site.sign_in_as("binh", Role.LEADER)
    site.decide(1, "approve")
    sign_in_reporter(site)
    handle = site.upload("b.xlsx", filled_form(site, C6=11)).get_json()["handle"]

    def send(why: str) -> dict[str, Any]:
        values = site.sent("", "", why=why) | {"figures-file.handle": handle}
        return site.result("figures.send", values, "figures-send-file.n_clicks")

    refused = send("")
    assert refused["figures-reason-error.children"] and not sent_ok(refused)
    assert "figures-file.handle" not in refused, "the file stays chosen"
    assert sent_ok(send("cộng nhầm một xã")) and stored_values(site, 3) == {"x": 11.0, "y": 20.5}


def zip_bomb() -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"<x>" + b" " * 90_000_000 + b"</x>")
    return out.getvalue()


def with_macros(site: SubmissionSite) -> bytes:
    out = BytesIO(filled_form(site))
    with ZipFile(out, "a") as packed:
        packed.writestr("xl/vbaProject.bin", b"x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "body", "status", "code"),
    [
        ("b.xlsm", b"PK", 415, SubmissionCode.FILE_TYPE), ("b.xlsx", b"a;b", 415, SubmissionCode.FILE_CONTENT),
        ("b.csv", b"PK\x03\x04", 415, SubmissionCode.FILE_CONTENT),
        ("b.csv", b"<html>", 415, SubmissionCode.FILE_CONTENT),
        ("b.xlsx", b"PK\x03\x04" + b"x" * 50, 422, SubmissionCode.FILE_UNREADABLE),
        ("b.exe", b"MZ", 415, SubmissionCode.FILE_TYPE),
        ("b.csv", b"x" * 210_000, 413, SubmissionCode.FILE_TOO_LARGE),
    ],
)  # fmt: skip
def test_unreadable_file_is_refused_audited_and_not_kept(
    site: SubmissionSite, name: str, body: bytes, status: int, code: SubmissionCode
) -> None:
    sign_in_reporter(site)
    answer = site.upload(name, body)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert [(denial.action, denial.resource) for denial in site.denials] == [(Action.SUBMIT, "/files/figures")]
    assert kept_files(site) == 0


def kept_files(site: SubmissionSite) -> int:
    return len(list(site.folder.glob("files/*")))


def test_empty_file_is_refused(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    answer = site.upload("b.csv", b"")
    assert (answer.status_code, answer.get_json()["code"]) == (422, SubmissionCode.FILE_MISSING)
    assert site.client.post("/files/figures", data={"other": "x"}).status_code == 400


def test_zip_bombs_and_macros_are_refused(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    large = zip_bomb()
    assert len(large) < 200_000
    assert site.upload("b.xlsx", large).get_json()["code"] == SubmissionCode.FILE_UNREADABLE
    assert site.upload("b.xlsx", with_macros(site)).get_json()["code"] == SubmissionCode.FILE_MACROS
    assert kept_files(site) == 0


def test_file_beyond_the_limits_is_refused(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    assert site.upload("b.xlsx", b"PK" + b"x" * 400_000).status_code == 413 and kept_files(site) == 0


def test_file_that_is_sent_twice_is_one_submission_with_one_answer(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    handle = site.upload("b.xlsx", filled_form(site)).get_json()["handle"]
    form = site.sent("", "") | {"figures-file.handle": handle, "figures-form-key.data": new_key()}
    answers = [site.result("figures.send", form, "figures-send-file.n_clicks") for _ in range(2)]
    assert [sent_ok(each) for each in answers] == [True, True]
    assert answers[0]["figures-form.data-saved"] == answers[1]["figures-form.data-saved"]
    assert site.audited_actions() == [("an", "submission-sent")]


def test_second_press_says_that_the_file_was_taken(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    answer = site.send_file("b.xlsx", filled_form(site))
    assert use(site, answer["figures-file.handle"])["code"] == SubmissionCode.FILE_TAKEN
    assert site.audited_actions() == [("an", "submission-sent")]


@pytest.mark.parametrize(("name", "session"), [("an", 2), ("la", 1)])
def test_handle_counts_for_the_session_that_sent_the_file(site: SubmissionSite, name: str, session: int) -> None:
    sign_in_reporter(site)
    handle = site.upload("b.xlsx", filled_form(site)).get_json()["handle"]
    site.sign_in_as(name, Role.REPORTER, agency="a", session=session)
    assert use(site, handle)["code"] == SubmissionCode.FILE_MISSING
    sign_in_reporter(site)
    assert use(site, handle)["status"] == 200


def test_handle_ends_after_an_hour(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    handle = site.upload("b.xlsx", filled_form(site)).get_json()["handle"]
    site.seconds += MAX_AGE_SECONDS
    assert use(site, handle)["code"] == SubmissionCode.FILE_MISSING
    site.upload("b.xlsx", filled_form(site))
    site.seconds += MAX_AGE_SECONDS
    site.upload("b.xlsx", filled_form(site))
    assert kept_files(site) == 1


def test_person_keeps_the_newest_files_only(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    body, handles = filled_form(site, C6="mười"), []
    for _ in range(MAX_FILES_OF_A_PERSON + 1):
        site.seconds += 1
        handles.append(site.upload("b.xlsx", body).get_json()["handle"])
    assert kept_files(site) == MAX_FILES_OF_A_PERSON
    assert use(site, handles[0])["code"] == SubmissionCode.FILE_MISSING and use(site, handles[1])["status"] == 200


@pytest.mark.parametrize("handle", [None, "../..", "x" * 5000])
def test_handle_that_was_never_given_is_no_file(site: SubmissionSite, handle: object) -> None:
    sign_in_reporter(site)
    assert use(site, handle)["code"] == SubmissionCode.FILE_MISSING


def test_files_that_one_session_sends_at_once_disturb_each_other_in_nothing(tmp_path: Path) -> None:
    spool, sender = FileSpool(tmp_path / "files"), Principal(PrincipalKind.USER, "an", session_id=1)

    def send(number: int) -> str:
        file = FileStorage(BytesIO(b"a;b\n" * number), f"{number}.csv")
        return spool.keep(file, sender, lambda _name, body: len(body))

    with ThreadPoolExecutor(10) as pool:
        handles = list(pool.map(send, range(200)))
    assert len(set(handles)) == 200 and len(list((tmp_path / "files").iterdir())) == MAX_FILES_OF_A_PERSON
    with ThreadPoolExecutor(10) as pool:
        kept = list(pool.map(lambda handle: spool.read(handle, sender), handles))
    assert len([each for each in kept if each]) == MAX_FILES_OF_A_PERSON


def test_files_of_a_person_are_bounded_over_all_sessions_and_read_by_their_own(tmp_path: Path) -> None:
    spool = FileSpool(tmp_path / "files")
    sessions = [Principal(PrincipalKind.USER, "an", session_id=number) for number in range(MAX_FILES_OF_A_PERSON + 2)]
    for each in sessions:
        handle = spool.keep(FileStorage(BytesIO(b"a"), "a.csv"), each, lambda _name, body: len(body))
    assert len(list((tmp_path / "files").iterdir())) == MAX_FILES_OF_A_PERSON
    assert spool.read(handle, sessions[-1]) and spool.read(handle, sessions[0]) is None


def test_the_name_of_a_file_is_kept_without_personal_data(tmp_path: Path) -> None:
    spool, sender = FileSpool(tmp_path / "files"), Principal(PrincipalKind.USER, "an", session_id=1)
    handle = spool.keep(FileStorage(BytesIO(b"a;b"), "so lieu 0100 345 678.csv"), sender, lambda _name, _body: None)
    kept = spool.read(handle, sender)
    assert kept is not None and kept.name == "so lieu •••.csv"
    assert not any("0100" in path.read_text() for path in (tmp_path / "files").rglob("*") if path.is_file())


def test_file_needs_the_permission_and_a_page_of_ours(site: SubmissionSite) -> None:
    site.sign_in_as("v", Role.VIEWER, Role.LEADER)
    assert site.upload("b.csv", b"a;b").status_code == 403
    sign_in_reporter(site)
    site.client.environ_base["HTTP_SEC_FETCH_SITE"] = "cross-site"
    assert site.upload("b.csv", b"a;b").status_code == 403
    assert kept_files(site) == 0 and site.client.get("/files/figures").status_code == 404
