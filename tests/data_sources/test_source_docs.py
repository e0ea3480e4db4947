"""The row that docs/sources.md begins with is one that the program takes."""

import re
from datetime import date
from pathlib import Path

from config.loading import load
from data_sources import protocols

_ROOT = Path(__file__).parents[2]


def test_the_first_row_of_the_page_is_read_as_it_stands(tmp_path: Path) -> None:
    found = re.search(
        r"^```yaml\n(extends: true.*?)^```", (_ROOT / "docs" / "sources.md").read_text("utf-8"), re.M | re.S
    )
    assert found is not None
    (tmp_path / "city.yaml").write_text(f"extends: {_ROOT / 'config' / 'cantho'}\n", "utf-8")
    (tmp_path / "sources.yaml").write_text(found[1], "utf-8")
    sources = {one.key: one for one in load(tmp_path, {}, protocols(), today=date(2026, 11, 24)).sources}
    source = sources["muc-nuoc-moi"]
    assert (source.protocol, [one.key for one in source.series]) == ("http_json", ["muc-nuoc-moi-1"])
