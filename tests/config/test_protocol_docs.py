"""What the pages of docs/protocols tell to copy into sources.yaml is a row that the configuration takes."""

import re
from datetime import date
from pathlib import Path
from textwrap import indent

import pytest

from data_sources import protocols
from ioc.config.loading import load
from tests.config.folders import write

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "protocols").glob("*.md"))
CITY_ROWS = ROOT / "config" / "cantho"


@pytest.mark.parametrize("page", PAGES, ids=lambda one: one.stem)
def test_the_rows_of_a_page_are_loaded(page: Path, tmp_path: Path) -> None:
    rows = re.findall(r"```yaml\n(- key: .*?)```", page.read_text("utf-8"), re.DOTALL)
    assert rows, f"{page.name} shows no row"
    kpis = "kpis: []\n"
    own = {name: (CITY_ROWS / f"{name}.yaml").read_text("utf-8") for name in ("agencies", "units", "stations")}
    folder = write(tmp_path / "site", sources="".join(rows), kpis=kpis, city=CITY, directives="documents: []\n", **own)
    secrets = dict.fromkeys(re.findall(r"\$\{(\w+)\}", "".join(rows)), "set")
    found = load(folder, secrets, protocols(), today=date(2026, 11, 24)).sources
    assert found
    assert page.stem in {one.protocol for one in found}, indent("".join(rows), "  ")


CITY = """\
identity: {centre: Trung tâm, city: Thành phố Cần Thơ}
overview: []
retention: {normal: {raw_days: 30, minute_days: 90}}
"""
