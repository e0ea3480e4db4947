"""What scripts/build_plotly.mjs leaves out of plotly.js is used by no figure."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_figure_uses_what_the_bundle_leaves_out() -> None:
    script = (ROOT / "scripts" / "build_plotly.mjs").read_text()
    found = re.search(r"LEFT_OUT = \[(.+)\]", script)
    assert found is not None
    left_out = re.findall(r"'(\w+)'", found[1])
    assert "rangeslider" in left_out
    key = re.compile(rf"""["']?\b({"|".join(left_out)})\b["']?\s*[:=]""")
    files = [*(ROOT / "components").rglob("*.py"), *(ROOT / "pages").glob("*.py"), *(ROOT / "assets").rglob("*.js")]
    figures = [file for file in files if re.search(r"plotly|Plotly|dcc\.Graph", file.read_text("utf-8"))]
    assert len(figures) > len(left_out)
    assert [file.name for file in figures if key.search(file.read_text("utf-8"))] == []
