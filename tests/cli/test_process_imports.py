"""What a process loads: its memory is counted for every one of them."""

import subprocess
import sys
from pathlib import Path

import pytest

from ioc.cli import main as app

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", app.COMMANDS)
def test_each_command_is_there(name: str) -> None:
    assert callable(app.load_command(name))


@pytest.mark.parametrize(
    ("does", "without"),
    [
        ("import ioc.cli.main", ["sqlalchemy", "pydantic", "yaml", "cryptography", "dash"]),
        ("from ioc.cli import main; import ioc.web.server.gunicorn; main.load_command('web')",
         ["sqlalchemy", "pydantic", "yaml", "dash"]),
        ("import ioc.web.app_factory, ioc.web.live.frames; from dash import html, _utils;"
         "ioc.web.live.frames.encode({'a': html.B('b')}); _utils.to_json({'a': html.B('b')})", ["numpy", "pandas"]),
    ],
)  # fmt: skip
def test_a_process_leaves_out_what_it_does_not_need(does: str, without: list[str]) -> None:
    asks = f"import sys; {does}; print(*(one for one in {without!r} if one in sys.modules))"
    said = subprocess.run([sys.executable, "-c", asks], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.split() == []
