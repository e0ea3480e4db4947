"""The page that imports sheets of tasks, as a browser uses it."""

import io
from collections.abc import Callable, Sequence
from typing import Any

from ioc.domain.directives.directive import Document
from ioc.storage.directives import documents
from tests.pages.conftest import WorkingBrowser
from tests.web.views.conftest import Centre

HEADINGS = (
    "STT",
    "Số, ký hiệu",
    "Ngày ban hành",
    "Trích yếu",
    "Nội dung nhiệm vụ",
    "Chủ trì",
    "Thời hạn",
    "Mã nhiệm vụ",
)
CHECK, IMPORT, ASSIGN = (f"sheet-import-{name}.n_clicks" for name in ("check", "import", "ask-go"))


class SheetPage:
    """The page of one browser, with what its fields hold."""

    def __init__(self, centre: Centre, browser: WorkingBrowser, position: str) -> None:
        self.centre, self.browser = centre, browser
        self.values: dict[str, Any] = {
            "sheet-import-position.value": f"{position}|{position}", "sheet-import-number.value": "",
            "sheet-import-issued.value": "", "sheet-import-abstract.value": "", "sheet-import-issuer.value": "mp-a",
            "sheet-import-kind.value": "kế hoạch", "sheet-import-source.value": "-", "sheet-import-sphere.value": "",
            "sheet-import-visibility.value": "internal", "sheet-import-asked.data": [], "sheet-import-choices.data": [],
        }  # fmt: skip

    def send(self, body: bytes, name: str = "so.csv") -> dict[str, Any]:
        """Sends a file and has it read."""
        sent = self.browser.client.post(
            "/files/tasks", base_url=self.browser.base, data={"file": (io.BytesIO(body), name)}
        )  # fmt: skip
        if sent.status_code != 200:
            return {"status": sent.status_code}
        self.values["sheet-import-file.handle"] = sent.get_json()["handle"]
        return self.read()

    def read(self) -> dict[str, Any]:
        """Has the file that was sent read."""
        answer = self.browser.run("sheet_import.read", self.values)
        if answer.status_code != 200:
            return {"status": answer.status_code}
        shown = answer.get_json()["response"]
        if "sheet-import-token" in shown:
            self.values["sheet-import-token.data"] = shown["sheet-import-token"]["data"]
            self.values["sheet-import-table.value"] = shown["sheet-import-table"]["value"]
            fields = [each["props"]["children"][1]["props"] for each in shown["sheet-import-columns"]["children"]]
            self.values["sheet-import-column.value"] = {field["id"]["key"]: field["value"] for field in fields}
        return dict(shown)

    def check(self) -> dict[str, Any]:
        shown = dict(self.browser.result("sheet_import.check", self.values, CHECK))
        if "sheet-import-asked.data" in shown:
            self.values["sheet-import-asked.data"] = shown["sheet-import-asked.data"]
            self.values["sheet-import-choices.data"] = shown["sheet-import-choices.data"]
        return shown

    def choose(self, name: str, value: str) -> None:
        """Chooses an agency for an unknown name."""
        number = self.values["sheet-import-asked.data"].index(name)
        self.values["sheet-import-choices.data"][number] = value

    def run(self, button: str = IMPORT) -> dict[str, Any]:
        """Checks the sheet and imports it."""
        self.check()
        return self.browser.result("sheet_import.run", self.values, button)

    def stored(self) -> list[Document]:
        """The documents in the store."""
        with self.centre.store.read() as conn:
            found = (documents.find_document(conn, f"mp-a-{n}-kh-2026") for n in range(1, 200))
            return [document for document in found if document]


PageOf = Callable[[str], SheetPage]


def today(page: SheetPage) -> str:
    """The day of the page's city, as people write it."""
    return f"{page.centre.directives.today():%d/%m/%Y}"


def sheet(rows: Sequence[Sequence[str]], headings: Sequence[str] = HEADINGS) -> bytes:
    """A text file as a spreadsheet program writes it."""
    lines = [("SỔ THEO DÕI",), (), headings, *rows]
    return "\r\n".join(";".join(f'"{cell}"' for cell in line) for line in lines).encode("utf-8-sig")


def rows_of(count: int, day: str, *, per_document: int = 20, **changes: str) -> list[list[str]]:
    """Rows of tasks of several documents."""
    made = []
    for n in range(count):
        number = n // per_document + 1
        cells = {
            "stt": str(n + 1), "number": f"{number}/KH", "issued": day, "abstract": f"Kế hoạch {number}",
            "title": f"Việc {n}", "lead": "Cơ quan A (mô phỏng)", "due": "tháng 12/2100" if n % 2 else "thường xuyên",
            "id": f"N{n}",
        }  # fmt: skip
        made.append(list((cells | changes).values()))
    return made
