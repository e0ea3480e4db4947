"""Reasons that people write with submissions: masked where they are shown and stored."""

from ioc.domain.access.principal import Role
from ioc.storage.access import audit_log
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
