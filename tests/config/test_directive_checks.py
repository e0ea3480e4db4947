"""Rows of directives.yaml: the true register as it is shipped, wrong histories, secret documents."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from data_sources import protocols
from ioc.config.loading import load
from ioc.config.row_codes import DirectiveCode, RowCode
from ioc.config.rows import LocatedRow
from ioc.config.schema.directive import DocumentRow, check, check_references
from ioc.config.yaml_file import parse
from ioc.domain.base.failure import ErrorCode
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.agency import Agency
from ioc.domain.directives.assignment import NoHolderReason
from ioc.domain.directives.directive import Register
from ioc.domain.directives.progress import assess_register, parent_keys

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
AGENCIES = {
    "real": Agency("real", LocalizedText("r"), LocalizedText("r")),
    "mp-a": Agency("mp-a", LocalizedText("a"), LocalizedText("a"), is_simulated=True),
}
TASK: dict[str, Any] = {"key": "t", "title": "Việc", "lead": "real", "assigned": "2026-01-01", "due": "2026-03-01"}


def row(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {"key": "d", "number": "1/MP-UBND", "title": "Văn bản", "kind": "công văn", "issuer": "real"}
    return base | {"tasks": list(tasks)} | more


def fault_codes(*tasks: dict[str, Any], **more: Any) -> list[str]:
    node = parse("directives.yaml", b"[]").root
    assert node is not None
    located = LocatedRow(DocumentRow.model_validate(row(*tasks, **more)), node)
    faults = [*check(located), *check_references([located], AGENCIES, (), has_real_sources=False)]
    return [fault.failure.code for fault in faults]


@pytest.fixture(scope="module")
def true_register() -> Register:
    environment = {"SIMULATOR": "http://127.0.0.1:8051", "DATA": "/nowhere"}
    return load(ROOT / "config" / "cantho", environment, protocols(), today=date(2026, 11, 24)).register


def test_the_true_register_claims_nothing(true_register: Register) -> None:
    assert not true_register.is_simulated
    for document in assess_register(true_register, NOW).documents:
        assert document.rollup.percent is None and document.counts.done == document.counts.overdue == 0
        assert all(assessed.task.due is None and not assessed.task.reports for assessed in document.tasks)


def test_2322_has_its_two_tasks_and_their_parents(true_register: Register) -> None:
    seed = next(document for document in true_register.documents if document.number == "2322/UBND-KGVX")
    assert (seed.issued_on, seed.published_on) == (None, date(2023, 6, 30))
    assert [task.parents for task in seed.tasks] == [("btttt-2333-2023",), ("ttg-950-2018",)]
    dates = {document.number: document.issued_on for document in true_register.documents}
    assert dates["2333/BTTTT-CĐSQG"] == date(2023, 6, 20) and dates["950/QĐ-TTg"] == date(2018, 8, 1)
    assert set(parent_keys(seed)) == {"btttt-2333-2023", "ttg-950-2018"}


def test_the_true_documents_are_a_tree_with_two_tasks_alone(true_register: Register) -> None:
    parents = {document.number: parent_keys(document) for document in true_register.documents}
    above = {"bct-57", "ttg-de-an-06"}
    assert {number: set(keys) for number, keys in parents.items() if keys} == {
        "2322/UBND-KGVX": {"btttt-2333-2023", "ttg-950-2018"}, "1449/QĐ-UBND": {"ubnd-2322-2023", *above},
        "97/KH-UBND": {"ubnd-1449-2025", *above}, "224/KH-UBND": above,
    }  # fmt: skip
    assert [len(document.tasks) for document in true_register.documents if document.tasks] == [2]


def test_its_first_task_has_no_holder_and_its_second_went_to_the_successor(true_register: Register) -> None:
    first, second = (assessed.assignment for assessed in assess_register(true_register, NOW).tasks)
    assert (first.original_agency, first.holder) == ("so-tttt-ct", None)
    assert first.no_holder_reason is NoHolderReason.MULTIPLE_SUCCESSORS
    assert (second.original_agency, second.holder) == ("so-xay-dung-ct", "so-xay-dung")


def test_a_good_row_has_no_fault() -> None:
    sent = {"at": "2026-02-01T09:00", "decided": "2026-02-03T09:00"}
    again = {"at": "2026-02-05T09:00", "decided": "2026-02-08T09:00", "accepted": True}
    moved = {"on": "2026-02-20", "old": "2026-03-01", "new": "2026-04-01", "basis": "Văn bản"}
    assert fault_codes({**TASK, "submissions": [sent, again], "extensions": [moved]}) == []


EXTENSION = {"on": "2026-02-01", "old": "2026-02-01", "new": "2026-05-01", "basis": "x"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lead": "nobody"}, RowCode.UNKNOWN_AGENCY),
        ({"coordinating": ["nobody"]}, RowCode.UNKNOWN_AGENCY),
        ({"parents": ["none"]}, RowCode.UNKNOWN_DOCUMENT),
        ({"part_of": "none"}, RowCode.UNKNOWN_TASK),
        ({"due": "2025-01-01"}, DirectiveCode.DUE_BEFORE_ASSIGNED),
        ({"due": None, "extensions": [EXTENSION]}, DirectiveCode.EXTENSION_WITHOUT_DUE),
        ({"extensions": [EXTENSION]}, DirectiveCode.EXTENSION_FROM_OTHER_DATE),
        ({"submissions": [{"at": "2026-02-05", "decided": "2026-02-01"}]}, DirectiveCode.DECIDED_BEFORE_SUBMITTED),
        ({"submissions": [{"at": "2026-02-05", "accepted": True}]}, DirectiveCode.DECIDED_BEFORE_SUBMITTED),
        ({"submissions": [{"at": "2026-02-05"}, {"at": "2026-02-09"}]}, DirectiveCode.SUBMISSIONS_OVERLAP),
    ],
)
def test_a_wrong_task_is_a_fault(changes: dict[str, Any], code: ErrorCode) -> None:
    assert code in fault_codes(TASK | changes)


def test_a_task_key_is_unique_within_its_document() -> None:
    assert fault_codes(TASK, TASK) == [DirectiveCode.TASK_TWICE]


def test_simulated_work_never_hangs_on_a_real_agency() -> None:
    assert fault_codes(TASK, simulated=True) == [DirectiveCode.REAL_AGENCY_OF_SIMULATED]
    assert fault_codes({**TASK, "lead": "mp-a"}, simulated=True, issuer="mp-a") == []


@pytest.mark.parametrize("degree", ["Mật", "Tối mật", "TUYỆT MẬT", "anything"])
def test_a_secret_document_is_refused_and_not_repeated(degree: str) -> None:
    with pytest.raises(ValidationError) as caught:
        DocumentRow.model_validate(row(secrecy=degree, title="điều không ai được biết"))
    (details,) = caught.value.errors()
    assert details["ctx"]["error"].failure.code == DirectiveCode.SECRET_DOCUMENT
    assert "không ai" not in str(caught.value)


def test_an_ordinary_degree_is_accepted() -> None:
    assert DocumentRow.model_validate(row(secrecy="thường")).to_domain().number == "1/MP-UBND"


@pytest.mark.parametrize("changes", [{"percent": 101}, {"percent": float("nan")}, {"extra": 1}, {"at": "hôm qua"}])
def test_a_wrong_report_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DocumentRow.model_validate(row({**TASK, "reports": [{"at": "2026-02-01", "percent": 5} | changes]}))
