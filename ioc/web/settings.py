"""What the web is told: plain values; app.py takes them from the environment."""

from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class WebSettings:
    """`build`: changes with every new program or configuration. `form_key`: signs the forms' hidden fields.

    `cache`: folder of the files compressed ahead. `plotly`: a bundle that replaces plotly's own, where it exists.
    `ahead`: compress what a first load asks for before it is asked. `assets`, `pages`: others only in tests.
    """

    build: str
    form_key: bytes = field(repr=False)
    cache_dir: Path
    plotly_bundle: Path = ROOT / ".build" / "plotly.min.js"
    assets_dir: Path = ROOT / "assets"
    pages_package: str = "pages"
    compress_ahead: bool = True
    title: str = "IOC Cần Thơ"
