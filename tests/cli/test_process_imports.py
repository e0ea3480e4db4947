"""Imports of each process: every library costs memory in every process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ioc.cli import main as app

ROOT = Path(__file__).parents[2]
TABLES = ("numpy", "pandas", "python_calamine", "xlrd", "xlsxwriter")
PARSERS = ("asyncssh", "cbor2", "feedparser", "google.protobuf", "google.transit", "paho", "python_calamine", "xlrd")
WEB_ONLY = ("dash", "flask", "jinja2", "narwhals", "plotly", "prometheus_client", "uvicorn")
# A process of the simulated city.
CONTEXT = (
    "import os; from pathlib import Path; from ioc.cli.context import Context; from ioc.cli import processes;"
    "from ioc.config.settings import EnvironmentSettings; from ioc.domain.base.times import utc_now;"
    "environment = {'IOC_DATA': os.environ['IOC_DATA']}; root = Path.cwd();"
    "context = Context(EnvironmentSettings.from_environment(environment, root), environment, root, utc_now);"
)
# Up to the first request, without a server; up to the first poll, without the event loop's work.
WEB = f"{CONTEXT} processes.create_application(context)"
POLL = (
    f"{CONTEXT} import asyncio, ioc.poller.service as service;"
    "service.run = lambda *_, **__: asyncio.sleep(0); processes.poll(context)"
)


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
        ("import data_sources; data_sources.protocols()", ["aiohttp", *PARSERS]),
        (POLL,
         ["authlib", "cryptography", "playwright", "psycopg", "shapely", *WEB_ONLY, *TABLES, *PARSERS]),
        (WEB, ["aiohttp", "alembic", "apscheduler", "authlib", "narwhals.utils", "playwright",
               "psycopg", "requests", "shapely", *TABLES, *PARSERS]),
    ],
)  # fmt: skip
def test_process_does_not_import_libraries_that_it_does_not_need(code: str, absent: list[str], tmp_path: Path) -> None:
    assert loaded(code, absent, tmp_path) == []


def test_poller_does_not_keep_the_libraries_of_migrations_once_the_store_is_migrated(tmp_path: Path) -> None:
    libraries = ["alembic", "mako", "pygments"]
    assert "alembic" in loaded(POLL, libraries, tmp_path)
    assert loaded(POLL, libraries, tmp_path) == []


def loaded(code: str, names: list[str], data: Path) -> list[str]:
    """Which of `names` a new process has loaded after `code`, with its data folder at `data`."""
    script = f"import sys; {code}; print(*(name for name in {names!r} if name in sys.modules))"
    environment = {**os.environ, "IOC_DATA": str(data)}
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return result.stdout.split()
