"""The benchmark's form of `/nhap-bang` sends what the page's callbacks take."""

import pytest

from benchmarks.sheet_form import ASSIGN, SheetForm
from benchmarks.task_sheet import workbook
from ioc.storage.directives import documents
from tests.pages.conftest import WorkingBrowser
from tests.pages.directive_site import fill_positions, official
from tests.web.views.conftest import Centre


@pytest.mark.usefixtures("sheets_read_here")
def test_form_of_the_benchmark_imports_a_sheet(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_positions(centre)
    browser = official(centre, "vp")
    monkeypatch.setattr(SheetForm, "_request", requesting(browser))
    agencies = sorted(key for key in centre.directives.agencies if key.startswith("mp-"))
    form = SheetForm(0, {"name": "", "value": ""}, "vp", agencies[0])
    form.send(workbook(f"{centre.directives.today():%d/%m/%Y}", 6, 3, agencies))
    assert form.press(ASSIGN)["sheet-import-buttons"]["hidden"]
    with centre.store.read() as conn:
        assert documents.count_documents(conn) == 3


def requesting(browser: WorkingBrowser) -> object:
    def request(_form: SheetForm, method: str, path: str, body: bytes | None = None, content_type: str = "") -> bytes:
        browser.centre.site.seconds.at += 1
        headers = {"Referer": f"{browser.base}/nhap-bang"}  # Dash gives the callbacks of that page
        answer = browser.client.open(
            path, method=method, data=body, content_type=content_type, base_url=browser.base, headers=headers
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return bytes(answer.data)

    return request
