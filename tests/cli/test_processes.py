"""The build id, which tells a screen that the program has changed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ioc.cli.context import Context
from ioc.cli.processes import build_id
from ioc.config.settings import EnvironmentSettings


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A program of three files."""
    for name in ("assets/live.js", "ioc/web/app.py", "docs/guide.md"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("1")
    settings = EnvironmentSettings.from_environment({}, tmp_path)
    return Context(settings, {}, tmp_path, lambda: datetime(2026, 11, 24, tzinfo=UTC))


@pytest.mark.parametrize(
    ("name", "changes"), [("assets/live.js", True), ("ioc/web/app.py", True), ("docs/guide.md", False)]
)
def test_the_build_id_changes_with_the_code_that_screens_depend_on(context: Context, name: str, changes: bool) -> None:
    before = build_id(context, "f")
    (context.root / name).write_text("2")
    assert (build_id(context, "f") != before) is changes


def test_the_build_id_changes_with_the_configuration(context: Context) -> None:
    assert build_id(context, "f") != build_id(context, "g")
