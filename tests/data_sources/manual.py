"""The rows that docs/protocols shows, loaded as a city's engineer would write them."""

from datetime import date
from pathlib import Path

from config import load
from data_sources import protocols
from domain.source import Source
from tests.config.folders import ENVIRONMENT, write

_DOCS = Path(__file__).parents[2] / "docs" / "protocols"


def row_of(protocol: str, folder: Path) -> Source:
    """The source of the first yaml block of a protocol's page. Fails when config finds a fault in it."""
    block = (_DOCS / f"{protocol}.md").read_text("utf-8").split("```yaml\n")[1].split("```")[0]
    made = load(
        write(folder, sources=block, kpis="kpis: []\n", city=_CITY, directives="documents: []\n"),
        ENVIRONMENT, protocols(), today=date(2026, 11, 24),
    )  # fmt: skip
    (source,) = made.sources
    assert source.protocol == protocol
    return source


_CITY = """\
identity: {centre: {vi: Trung tâm, en: Centre}, city: {vi: Cần Thơ}}
retention: {normal: {raw_days: 30, minute_days: 90}}
"""
