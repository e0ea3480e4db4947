"""Imports of each process: every library costs memory in every process."""

import subprocess
import sys
from pathlib import Path

import pytest

from ioc.cli import main as app

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", app.COMMANDS)
def test_every_command_can_be_loaded(name: str) -> None:
    assert callable(app.load_command(name))


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import ioc.cli.main", ["sqlalchemy", "pydantic", "yaml", "cryptography", "dash"]),
        ("from ioc.cli import main; main.load_command('web')",
         ["sqlalchemy", "pydantic", "yaml", "dash"]),
        ("import ioc.web.app_factory, ioc.web.live.frames; from dash import html, _utils;"
         "ioc.web.live.frames.encode({'a': html.B('b')}); _utils.to_json({'a': html.B('b')})", ["numpy", "pandas"]),
        ("import ioc.web.exports.lists, ioc.web.files", ["xlsxwriter", "pandas", "numpy"]),
        ("import ioc.worker.table_file", ["sqlalchemy", "dash", "pydantic", "flask"]),
        ("import ioc.poller.service, data_sources; data_sources.protocols()",
         ["numpy", "pandas", "shapely", "xlsxwriter"]),
    ],
)  # fmt: skip
def test_process_does_not_import_libraries_that_it_does_not_need(code: str, absent: list[str]) -> None:
    script = f"import sys; {code}; print(*(name for name in {absent!r} if name in sys.modules))"
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split() == []
