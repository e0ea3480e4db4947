"""The working pages over a real store: browsers that sign in and run their callbacks by HTTP."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Protocol

import pytest
from dash import Dash
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from components.ui.export_table import ExportTable
from ioc.domain.access.principal import Role
from ioc.storage.db.store import Store
from ioc.web.exports import table_process
from ioc.worker import table_file
from tests.web.views.conftest import Browser, Centre

UPDATE = "/_dash-update-component"


class WorkingBrowser:
    """A browser with a page open."""

    def __init__(self, centre: Centre, client: FlaskClient, base: str = "http://ioc.test") -> None:
        self.centre, self.client, self.base = centre, client, base

    def get(self, path: str, **headers: str) -> TestResponse:
        """Requests a page."""
        self.centre.site.seconds.at += 1
        return self.client.get(path, base_url=self.base, headers=headers)

    def run(self, function: str, values: Mapping[str, object] | None = None, triggered: str = "") -> TestResponse:
        """Runs the callback `function` ("users.add"). `values`: by "<id>.<property>"; all others are None."""
        self.centre.site.seconds.at += 1
        output, callback = find_callback(self.centre, function)
        payload = request_of(output, callback, values or {}, triggered)
        return self.client.post(UPDATE, base_url=self.base, json=payload)

    def result(self, function: str, values: Mapping[str, object] | None = None, triggered: str = "") -> dict[str, Any]:
        """What the callback sets: "<id>.<property>" -> value; the toast too."""
        answer = self.run(function, values, triggered)
        assert answer.status_code == 200, answer.text
        body = answer.get_json()
        parts = {**body.get("response", {}), **body.get("sideUpdate", {})}
        return {f"{name}.{prop}": value for name, props in parts.items() for prop, value in props.items()}


class HasApp(Protocol):
    @property
    def app(self) -> Dash: ...


def find_callback(centre: HasApp, function: str) -> tuple[str, Mapping[str, Any]]:
    """Output and entry of the callback whose function is `function` of the page."""
    page, _, name = function.rpartition(".")
    for output, callback in centre.app.callback_map.items():
        called = callback.get("callback")
        if called and (called.__module__, called.__name__) == (f"pages.{page}", name):
            return output, callback
    raise KeyError(function)


def request_of(
    output: str, callback: Mapping[str, Any], values: Mapping[str, object], triggered: str = ""
) -> dict[str, object]:
    """The body that a browser sends for a callback.

    Of fields with ids {"type": …, "key": …} `values` has "<type>.value" -> values by key.
    """

    def filled(entries: list[dict[str, str]]) -> list[object]:
        return [_filled(entry["id"], entry["property"], values) for entry in entries]

    inputs = filled(callback["inputs"])
    names = output[2:-2].split("...") if output.startswith("..") else [output]
    parts = [name.rpartition(".") for name in names]
    outputs = [_filled(name, prop, {}, values) for name, _, prop in parts]
    first = f"{callback['inputs'][0]['id']}.{callback['inputs'][0]['property']}"
    return {
        "output": output,
        "outputs": outputs if output.startswith("..") else outputs[0],
        "inputs": inputs,
        "state": filled(callback["state"]),
        "changedPropIds": [triggered or first],
    }


def _filled(
    name: str, prop: str, values: Mapping[str, object], of_fields: Mapping[str, object] | None = None
) -> object:  # fmt: skip
    """A property with its value, or those of all fields of a type; for an output, where `values` is empty, without."""
    if not name.startswith("{"):
        given = {"id": name, "property": prop}
        return given if of_fields is not None else {**given, "value": values.get(f"{name}.{prop}")}
    kind = json.loads(name)["type"]
    by_key = (of_fields or values).get(f"{kind.removesuffix('-error')}.value") or {}
    assert isinstance(by_key, dict)
    ids = [{"type": kind, "key": key} for key in by_key]
    if of_fields is not None:
        return [{"id": each, "property": prop} for each in ids]
    shown = ids if prop == "id" else by_key.values()
    return [{"id": each, "property": prop, "value": value} for each, value in zip(ids, shown, strict=True)]


def secret_in(shown: object) -> str:
    """The secret in the content of a dialog that shows one."""
    match = re.search(r"'children': '([^']+)', 'className': 'secret'", str(shown))
    assert match, shown
    return match[1]


@pytest.fixture
def files_written_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are written without a process for each; tests/web/exports has tests of that."""

    def written(table: ExportTable, file_format: str, _max_seconds: float) -> BinaryIO:
        out = TemporaryFile()  # noqa: SIM115 (closed when it was sent)
        blocks = table_process.json_blocks(table, file_format)
        table_file.write((line for block in blocks for line in block.splitlines()), out)
        out.seek(0)
        return out

    monkeypatch.setattr(table_process, "_written", written)


@pytest.fixture
def centre(store: Store, tmp_path: Path) -> Iterator[Centre]:
    yield Centre(store, tmp_path, pages_package="pages")


@pytest.fixture
def admin(centre: Centre) -> WorkingBrowser:
    return working(centre.signed_in("truong", Role.ADMINISTRATOR))


def working(browser: Browser) -> WorkingBrowser:
    """The same browser, for working pages."""
    return WorkingBrowser(browser.centre, browser.client, browser.base)
