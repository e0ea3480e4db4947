"""The example of docs/working-pages.md is a page that works."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dash import Dash

from ioc.dash_kit.callbacks import callback_name
from ioc.web.app_factory import create_app
from tests.pages.conftest import UPDATE, request_of
from tests.web.fake import FakeReads, settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "working-pages.md"


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dash]:
    """An application whose only page is the one of the document."""
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    package = tmp_path / "recipe"
    package.mkdir()
    (package / "__init__.py").write_text("", "utf-8")
    (package / "notes.py").write_text(example, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield create_app(FakeReads(), settings(tmp_path, pages_package="recipe"))
    for name in [name for name in sys.modules if name.startswith("recipe")]:
        del sys.modules[name]


def test_page_of_the_recipe_is_served_and_its_callback_runs(app: Dash) -> None:
    client = app.server.test_client()
    page = client.get("/so-truc", headers={"Host": "localhost"})
    assert page.status_code == 200 and "suites/dash_bootstrap_components" in page.text
    ((output, callback),) = [item for item in app.callback_map.items() if callback_name(item[1]) == "notes.save"]
    answer = client.post(
        UPDATE,
        json=request_of(output, callback, {"notes-text.value": "x"}),
        headers={"Host": "localhost", "Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 200
    assert answer.get_json()["response"] == {"notes-text": {"value": ""}}
