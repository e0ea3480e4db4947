"""Settings of the web application: plain values; ioc.cli takes them from the environment."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class WebSettings:
    """`build`: id that changes with every new program or configuration.

    `cache_dir`: folder of compressed files. `plotly_bundle`: replaces plotly's own bundle, where it exists.
    `compress_ahead`: compress the files of a first load at start. `assets_dir`, `pages_package`: others only in tests.
    """

    build: str
    cache_dir: Path
    plotly_bundle: Path = ROOT / ".build" / "plotly.min.js"
    assets_dir: Path = ROOT / "assets"
    pages_package: str = "pages"
    compress_ahead: bool = True
    title: str = "IOC Cần Thơ"
