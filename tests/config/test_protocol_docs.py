"""Rows and examples of the documents work exactly as they stand there."""

import inspect
import re
from datetime import date
from importlib import import_module
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from data_sources import protocols
from ioc.config.configuration import Configuration
from ioc.config.loading import load
from tests.config.folders import write

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "protocols").glob("*.md"))
CITY_ROWS = ROOT / "config" / "cantho"
CITY = """\
identity: {centre: Trung tâm, city: Thành phố Cần Thơ}
overview: []
retention: {normal: {raw_days: 30, minute_days: 90}}
"""


def load_rows_of(page: Path, folder: Path) -> tuple[Configuration, str]:
    """The rows of sources in the yaml blocks of a document, loaded beside the city's agencies and places."""
    rows = "".join(re.findall(r"```yaml\n(- key: .*?)```", page.read_text("utf-8"), re.DOTALL))
    assert rows, f"{page.name} shows no row"
    own = {name: (CITY_ROWS / f"{name}.yaml").read_text("utf-8") for name in ("agencies", "units", "stations")}
    write(folder, sources=rows, kpis="kpis: []\n", city=CITY, directives="documents: []\n", **own)
    secrets = dict.fromkeys(re.findall(r"\$\{(\w+)\}", rows), "set")
    return load(folder, secrets, protocols(), today=date(2026, 11, 24)), rows


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_rows_of_a_protocol_page_are_loaded(page: Path, tmp_path: Path) -> None:
    configuration, rows = load_rows_of(page, tmp_path)
    assert page.stem in {source.protocol for source in configuration.sources}, indent(rows, "  ")


def test_the_row_for_a_source_in_the_readme_is_loaded(tmp_path: Path) -> None:
    configuration, _ = load_rows_of(ROOT / "README.md", tmp_path)
    (source,) = configuration.sources
    assert (source.key, source.protocol, source.is_enabled) == ("song-hau", "http_json", True)
    assert [series.key for series in source.series] == ["muc-nuoc-cantho"]


def documented_names(text: str) -> list[tuple[str, str | None]]:
    """Each `components.module.name` or `components.module.name(parameters)`, with its parameters."""
    names = re.findall(r"`[^`\n]*?(components(?:\.\w+)+)(?:\(([^)`]*)\))?", text)
    return [(name, parameters or None) for name, parameters in names]


@pytest.mark.parametrize(
    ("name", "parameters"), documented_names((ROOT / "docs" / "screens.md").read_text("utf-8")), ids=lambda part: part
)
def test_a_name_in_the_page_about_screens_exists_with_its_parameters(name: str, parameters: str | None) -> None:
    value = resolve(name)
    if parameters is not None:
        signature = list(inspect.signature(value).parameters)
        documented = [part.partition("=")[0].strip() for part in parameters.split(",")]
        assert [part for part in signature if part in documented] == documented, f"{name}{tuple(signature)}"


def resolve(name: str) -> Any:
    """The module or the attribute of a module with this dotted name."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return getattr(import_module(module), attribute)


def test_the_files_in_the_page_about_screens_exist() -> None:
    text = (ROOT / "docs" / "screens.md").read_text("utf-8")
    paths = set(re.findall(r"`((?:pages|components|assets|ioc)/[\w./-]+)`", text))
    assert len(paths) > 10
    assert not {path for path in paths if not (ROOT / path).exists()}
