"""Rows of directives.yaml: the true register as it is shipped, wrong histories refused, secrets never kept."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from data_sources import protocols
from ioc.config.directive_checks import DocumentRow, check_rows
from ioc.config.loading import load
from ioc.config.located_rows import KnownNames, LocatedRow, RowList
from ioc.config.yaml_file import YamlFile
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


def wrong(*tasks: dict[str, Any], **more: Any) -> list[str]:
    at = LocatedRow(DocumentRow.model_validate(row(*tasks, **more)), YamlFile("directives.yaml"), (0,))
    return [one.message for one in check_rows(RowList((at,)), AGENCIES, KnownNames.of(AGENCIES))]


@pytest.fixture(scope="module")
def true() -> Register:
    environment = {"SIMULATOR": "http://127.0.0.1:8051", "DATA": "/nowhere"}
    return load(ROOT / "config" / "cantho", environment, protocols(), today=date(2026, 11, 24)).register


def test_the_true_register_claims_nothing(true: Register) -> None:
    assert not true.is_simulated
    for view in assess_register(true, NOW).documents:
        assert view.rollup.percent is None and view.counts.done == view.counts.overdue == 0
        assert all(one.task.due is None and not one.task.reports for one in view.tasks)


def test_2322_has_its_two_tasks_and_their_parents(true: Register) -> None:
    seed = next(one for one in true.documents if one.number == "2322/UBND-KGVX")
    assert (seed.issued_on, seed.published_on) == (None, date(2023, 6, 30))
    assert [one.parents for one in seed.tasks] == [("btttt-2333-2023",), ("ttg-950-2018",)]
    dates = {one.number: one.issued_on for one in true.documents}
    assert dates["2333/BTTTT-CĐSQG"] == date(2023, 6, 20) and dates["950/QĐ-TTg"] == date(2018, 8, 1)
    assert set(parent_keys(seed)) == {"btttt-2333-2023", "ttg-950-2018"}


def test_its_first_task_waits_for_a_transfer_and_its_second_followed(true: Register) -> None:
    first, second = (one.assignment for one in assess_register(true, NOW).tasks)
    assert (first.original_agency, first.holder, first.no_holder_reason) == (
        "so-tttt-ct",
        None,
        NoHolderReason.MULTIPLE_SUCCESSORS,
    )
    assert (second.original_agency, second.holder) == ("so-xay-dung-ct", "so-xay-dung")


def test_a_good_row_has_no_fault() -> None:
    sent = {"at": "2026-02-01T09:00", "decided": "2026-02-03T09:00"}
    again = {"at": "2026-02-05T09:00", "decided": "2026-02-08T09:00", "accepted": True}
    moved = {"on": "2026-02-20", "old": "2026-03-01", "new": "2026-04-01", "basis": "Văn bản"}
    assert wrong({**TASK, "submissions": [sent, again], "extensions": [moved]}) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lead": "nobody"}, "agency 'nobody' does not exist"),
        ({"coordinating": ["nobody"]}, "agency 'nobody' does not exist"),
        ({"parents": ["none"]}, "document 'none' does not exist"),
        ({"part_of": "none"}, "task 'none' does not exist"),
        ({"due": "2025-01-01"}, "due lies before assigned"),
        ({"due": None, "extensions": [{"on": "2026-02-01", "old": "2026-02-01", "new": "2026-03-01", "basis": "x"}]},
         "no due date to move"),
        ({"extensions": [{"on": "2026-02-01", "old": "2026-02-01", "new": "2026-05-01", "basis": "x"}]},
         "another date than the one in force"),
        ({"submissions": [{"at": "2026-02-05", "decided": "2026-02-01"}]}, "decided before it was made"),
        ({"submissions": [{"at": "2026-02-05", "accepted": True}]}, "decided before it was made"),
        ({"submissions": [{"at": "2026-02-05"}, {"at": "2026-02-09"}]}, "not sent back before"),
    ],
)  # fmt: skip
def test_a_wrong_task_is_told(changes: dict[str, Any], said: str) -> None:
    assert any(said in one for one in wrong(TASK | changes)), wrong(TASK | changes)


def test_keys_stand_once_and_simulated_work_never_hangs_on_a_real_agency() -> None:
    assert any("stands twice" in one for one in wrong(TASK, TASK))
    assert any("is real, its task is simulated" in one for one in wrong(TASK, is_simulated=True))
    assert wrong({**TASK, "lead": "mp-a"}, is_simulated=True, issuer="mp-a") == []


@pytest.mark.parametrize("degree", ["Mật", "Tối mật", "TUYỆT MẬT", "anything"])
def test_a_secret_document_is_refused_and_not_repeated(degree: str) -> None:
    with pytest.raises(ValidationError) as refused:
        DocumentRow.model_validate(row(secrecy=degree, title="điều không ai được biết"))
    assert "secrecy" in str(refused.value) and "không ai" not in str(refused.value)
    assert DocumentRow.model_validate(row(secrecy="thường")).to_domain().number == "1/MP-UBND"


@pytest.mark.parametrize("bad", [{"percent": 101}, {"percent": float("nan")}, {"extra": 1}, {"at": "hôm qua"}])
def test_a_wrong_report_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DocumentRow.model_validate(row({**TASK, "reports": [{"at": "2026-02-01", "percent": 5} | bad]}))
