"""The form of `/nhap-bang` without a browser: sends a file and the callbacks of the page by HTTP."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any

_UPDATE, _DEPENDENCIES, _FILES = "/_dash-update-component", "/_dash-dependencies", "/files/tasks"
_BOUNDARY = "benchmark-of-a-sheet"
READ, CHECK, ASSIGN = (f"sheet-import-{name}" for name in ("read", "check", "ask-go"))


class SheetForm:
    """The form of one person, with what its fields hold. ValueError for an answer that is not 200."""

    def __init__(self, port: int, cookie: Mapping[str, Any], position: str, issuer: str) -> None:
        self._port = port
        base = f"http://127.0.0.1:{port}"
        self._headers = {
            "Cookie": f"{cookie['name']}={cookie['value']}", "Origin": base, "Sec-Fetch-Site": "same-origin",
            "Referer": f"{base}/nhap-bang",
        }  # fmt: skip
        self._callbacks: list[dict[str, Any]] = json.loads(self._request("GET", _DEPENDENCIES))
        self._values: dict[str, Any] = {
            "sheet-import-position.value": f"{position}|{position}", "sheet-import-number.value": "",
            "sheet-import-issued.value": "", "sheet-import-abstract.value": "", "sheet-import-issuer.value": issuer,
            "sheet-import-kind.value": "kế hoạch", "sheet-import-source.value": "-", "sheet-import-sphere.value": "",
            "sheet-import-visibility.value": "internal", "sheet-import-asked.data": [], "sheet-import-choices.data": [],
        }  # fmt: skip

    def send(self, body: bytes) -> None:
        """Sends an .xlsx file, has it read, and checked with the columns as they are guessed."""
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="so.xlsx"\r\n\r\n'
        sent = head.encode() + body + f"\r\n--{_BOUNDARY}--\r\n".encode()
        answer = self._request("POST", _FILES, sent, f"multipart/form-data; boundary={_BOUNDARY}")
        self._values["sheet-import-file.handle"] = json.loads(answer)["handle"]
        shown = self.press(READ)
        self._values["sheet-import-token.data"] = shown["sheet-import-token"]["data"]
        self._values["sheet-import-table.value"] = shown["sheet-import-table"]["value"]
        fields = [each["props"]["children"][1]["props"] for each in shown["sheet-import-columns"]["children"]]
        self._values["sheet-import-column.value"] = {field["id"]["key"]: field["value"] for field in fields}
        self.press(CHECK)

    def press(self, button: str) -> dict[str, Any]:
        """Presses a button; what the page then shows."""
        callback = next(
            each for each in self._callbacks
            if not each.get("clientside_function") and any(entry["id"] == button for entry in each["inputs"])
        )  # fmt: skip
        names = [name.rpartition(".") for name in callback["output"].strip(".").split("...")]
        body = {
            "output": callback["output"],
            "outputs": [{"id": name, "property": prop} for name, _, prop in names],
            "inputs": [self._filled(entry) for entry in callback["inputs"]],
            "state": [self._filled(entry) for entry in callback["state"]],
            "changedPropIds": [f"{button}.n_clicks"],
        }
        answer = self._request("POST", _UPDATE, json.dumps(body).encode(), "application/json")
        shown: dict[str, Any] = json.loads(answer)["response"]
        return shown

    def _filled(self, entry: Mapping[str, str]) -> object:
        """A property with its value, or those of all fields of a type."""
        name, prop = entry["id"], entry["property"]
        if not name.startswith("{"):
            return {"id": name, "property": prop, "value": self._values.get(f"{name}.{prop}")}
        kind = json.loads(name)["type"]
        values = self._values[f"{kind}.{prop}"]
        return [{"id": {"type": kind, "key": key}, "property": prop, "value": value} for key, value in values.items()]

    def _request(self, method: str, path: str, body: bytes | None = None, content_type: str = "") -> bytes:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=120)
        try:
            connection.request(method, path, body, self._headers | {"Content-Type": content_type})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(f"{path} answered {answer.status}: {text[:300]!r}")
        return text
