"""Forms of figures that were opened before somebody else submitted: they change nothing, and nothing typed is lost."""

import re
from dataclasses import replace
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest

from ioc.domain.access.principal import Role
from ioc.storage.db.store import Store
from tests.web.views import test_submissions
from tests.web.views.test_submissions import CELLS, LEADER, OTHER, SubmissionSite, filled_form, sign_in_reporter, site

__all__ = ["site"]


def shown_version(page: str) -> str:
    """The version that the form of figures has."""
    match = re.search(r'name="ban" value="([^"]+)"', page)
    assert match
    return match[1]


PHONE = "/bao-qua-dien-thoai/other"
OTHER_FORM = "/nhap-so-lieu/other"


def sign_in_for_both_forms(site: SubmissionSite) -> None:
    site.sign_in_as("an", Role.REPORTER, Role.OPERATOR, agency="b")


@pytest.mark.parametrize("path", [PHONE, OTHER_FORM])
def test_an_older_form_does_not_undo_the_correction_of_somebody_else(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(test_submissions, "OTHER", replace(OTHER, may_phone=True, cells=CELLS))
    site = SubmissionSite(store, tmp_path)
    sign_in_for_both_forms(site)
    fields = {"ky": "2026-10", "v_x": "10", "v_y": "20,5"}
    assert site.post(path, **fields, ban="0").status_code == 303
    version = shown_version(site.get(f"{path}?ky=2026-10"))
    fixed = site.post(path, **fields | {"v_x": "11"}, ban=version, vi_sao="sửa số hộ")
    assert fixed.status_code == 303
    sent = fields | {"v_y": "30", "vi_sao": "sửa tổng số"}
    # A fault of the older form does not make it a newer one.
    faulty = site.post(path, **sent | {"v_y": "ba"}, ban=version)
    assert faulty.status_code == 422 and shown_version(faulty.text) == version
    refused = site.post(path, **sent, ban=version)
    assert refused.status_code == 409 and len(site.queued_bodies("other")) == 2
    # What was typed is kept, and both fields that differ from the present figures are marked.
    page = unescape(refused.text)
    assert 'value="10"' in page and 'value="30"' in page and "sửa tổng số" in page
    assert page.count('class="disagreement"') == 2 and "khác số hiện có: 11" in page
    assert site.post(path, **sent | {"v_x": "11"}, ban=shown_version(refused.text)).status_code == 303
    assert b'"values":{"x":11.0,"y":30.0}' in site.queued_bodies("other")[-1]


def test_an_upload_from_an_older_page_does_not_undo_the_correction_of_somebody_else(site: SubmissionSite) -> None:
    sign_in_reporter(site)
    version = shown_version(site.get("/nhap-so-lieu/d?ky=2026-10"))
    body = filled_form(site, C6=10, D6=20.5)
    site.submit(x="11", ban=version)
    site.service.approve(1, LEADER)
    fields = {"ky": "2026-10", "tep": (BytesIO(body), "d.xlsx"), "vi_sao": "gửi lại tệp", "ban": version}
    refused = site.post("/nhap-so-lieu/d/tep", **fields)
    page = unescape(refused.text)
    assert refused.status_code == 409 and "khác số hiện có: 11" in page and page.count('class="disagreement"') == 1
    assert 'value="10"' in page and "gửi lại tệp" in page and len(site.queued_bodies()) == 1


def test_a_telephone_report_of_a_minute_does_not_undo_that_of_somebody_else(site: SubmissionSite) -> None:
    site.sign_in_as("truc", Role.OPERATOR)
    path, fields = "/bao-qua-dien-thoai/icu", {"ky": "2026-11-03T08:30", "v_free": "12"}
    version = shown_version(site.get(path))
    assert site.post(path, **fields, v_full="3", ban=version).status_code == 303
    refused = site.post(path, **fields, v_full="", vi_sao="khoa gọi lại", ban=version)
    page = unescape(refused.text)
    assert refused.status_code == 409 and "khác số hiện có: 3" in page and "khoa gọi lại" in page
    assert len(site.queued_bodies("icu")) == 1
