"""Reasons that people write with submissions: masked where they are shown and stored."""

import pytest

from ioc.domain.access.principal import Role
from ioc.storage.access import audit_log
from ioc.submissions.service import MAX_REASON_LENGTH, _normalized_reason
from tests.web.views.test_submissions import LEADER, SubmissionSite, sign_in_reporter, site

__all__ = ["site"]


def test_personal_data_in_reasons_is_neither_shown_nor_stored(site: SubmissionSite) -> None:
    numbers = ("0100 345 678", "000123456789", "ai.do@mail.example", "13A-123.45")
    reason = f"gọi {', '.join(numbers)} theo Công văn 2322/UBND-KGVX ngày 24/11/2026"
    sign_in_reporter(site)
    site.submit()
    site.service.approve(1, LEADER)
    assert site.submit(x="11", vi_sao=reason).status_code == 303
    site.sign_in_as("binh", Role.LEADER)
    assert "Công văn 2322/UBND-KGVX ngày 24/11/2026" in (review := site.get("/duyet-so-lieu"))
    site.post("/duyet-so-lieu/3", viec="tra-lai", vi_sao=reason)
    sign_in_reporter(site)
    page = site.get("/nhap-so-lieu/d?ky=2026-10")
    assert "theo Công văn 2322/UBND-KGVX ngày 24/11/2026" in page
    with site.store.read() as conn:
        entries = str(audit_log.newest(conn, audit_log.AuditFilter(), 99))
    assert "Công văn 2322" in entries
    assert not [number for number in numbers for text in (review, page, entries) if number in text]


@pytest.mark.parametrize("hidden", ["\x01", "\x7f", "\u202d", "\u2066", "\u200b", "\ufffd"])
def test_hidden_characters_in_reasons_hide_no_personal_data(hidden: str) -> None:
    assert _normalized_reason(f"gọi {hidden.join('0100345678')} nhé") == "gọi ••• nhé"
    assert "b@mail" not in _normalized_reason(f"thư a{hidden}b@mail.example")


@pytest.mark.parametrize("offset", range(12))
def test_a_number_is_not_stored_in_part_where_a_reason_is_cut(offset: int) -> None:
    numbers = " ".join(["0100345678"] * 400)
    assert not set("0123456789") & set(_normalized_reason("x" * offset + " " + numbers))
    padding = "x " * (MAX_REASON_LENGTH // 2 - 6) + "x" * offset
    assert not set("0123456789") & set(_normalized_reason(f"{padding} 0100345678"))
    assert not set("0123456789") & set(
        _normalized_reason("x " * (MAX_REASON_LENGTH - 6) + "x" * offset + " 0100 345 678")
    )


@pytest.mark.parametrize("number", [2**63, 2**64, 10**40])
@pytest.mark.parametrize("decision", ["duyet", "tra-lai"])
def test_a_number_that_no_store_holds_is_not_found(site: SubmissionSite, number: int, decision: str) -> None:
    site.sign_in_as("binh", Role.LEADER)
    assert site.post(f"/duyet-so-lieu/{number}", viec=decision, vi_sao="thiếu").status_code == 404
