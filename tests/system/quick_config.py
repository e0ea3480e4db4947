"""A configuration of a few simulated sources with short intervals and limits, cut from the demonstration's own rows."""

from pathlib import Path
from typing import Any

import yaml

from tests.system.program import ROOT

# Source -> its age limit. Each is asked every second and given one; LARGE ones are given three.
SOURCES = {
    "sim-bridge": "6s", "sim-traffic": "9s", "sim-incidents": "1m", "sim-security": "1m", "sim-dossiers": "1m",
    "sim-reports": "12h", "sim-water": "1m", "sim-beds": "5m", "sim-press": "15m", "sim-tourism": "1h",
    "sim-air": "5m",
}  # fmt: skip
LARGE = {"sim-reports"}  # a busy machine does not read its answer within a second
OVERVIEW = ("bridge-flow", "traffic-speed", "security-incidents", "beds-free", "water-level", "dossiers-today",
            "pm25", "press-negative")  # fmt: skip


def write(folder: Path) -> Path:
    """The folder, for IOC_CONFIG."""
    folder.mkdir(parents=True)
    rows = {row["key"]: row for row in _rows(ROOT / "config/demo/sources.yaml", "sources")}
    every = {key: "3s" if key in LARGE else "1s" for key in SOURCES}
    short = [
        {**rows[key], "every": every[key], "deadline": every[key], "age_limit": limit} for key, limit in SOURCES.items()
    ]
    kpis = [
        row for row in _rows(ROOT / "config/cantho/kpis.yaml", "kpis") if row["key"] in (*OVERVIEW, "visitors-today")
    ]
    public = {"kpis": list(OVERVIEW[:2])}  # the demonstration publishes figures that are not here
    city = {"extends": str(ROOT / "config/demo"), "overview": list(OVERVIEW), "public": public}
    for name, body in (("city", city), ("sources", {"sources": short}), ("kpis", {"kpis": kpis})):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(body, allow_unicode=True), "utf-8")
    return folder


def _rows(path: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))[name]
    return rows
