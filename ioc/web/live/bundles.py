"""Bundles of stylesheets and scripts: one file each, its name carries a content hash."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from ioc.web.live.theme import with_system_theme
from ioc.web.settings import ROOT

# The grid itself, which dash-ag-grid's script requests only once it draws one.
GRID_SCRIPT = "/_dash-component-suites/dash_ag_grid/async-community.js"
_ASSETS = ROOT / "assets"
_WORKING_ASSETS, _TABLE_ASSETS = _ASSETS / "working", _ASSETS / "tables"


@dataclass(frozen=True)
class Bundle:
    """`files` concatenated. `layer`: of the cascade that the first file is put into, "" for none."""

    name: str
    media_type: str
    files: Sequence[Path]
    layer: str = ""

    def read(self) -> bytes:
        """The content."""
        texts = [file.read_text("utf-8") for file in self.files]
        if self.media_type == "text/css":
            texts = [with_system_theme(text) for text in texts]
        if self.layer:
            inside = texts[0].removeprefix('@charset "UTF-8";')
            texts[0] = f"@layer base, {self.layer};\n@layer {self.layer} {{\n{inside}\n}}"
        return "\n".join(texts).encode()

    @cached_property
    def url(self) -> str:
        """Its address, which changes with the content."""
        suffix = "css" if self.media_type == "text/css" else "js"
        return f"/assets/{self.name}.v1m{sha256(self.read()).hexdigest()[:12]}.{suffix}"


def _bootstrap() -> Path:
    """Bootstrap's stylesheet, which the package Bootstrap-Flask carries; the package is not imported."""
    spec = find_spec("flask_bootstrap")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "static" / "bootstrap5" / "css" / "bootstrap.min.css"


def _styles(name: str, *files: str) -> Bundle:
    return Bundle(name, "text/css", [ROOT / file for file in files])


# What every Dash page loads: a request each would cost more than the few kB of most files.
PAGE_STYLES = Bundle("page", "text/css", sorted(_ASSETS.glob("*.css")))
PAGE_SCRIPTS = Bundle("page", "text/javascript", sorted(_ASSETS.glob("*.js")))
FORMS = _styles(
    "forms", "assets/00-tokens.css", "assets/01-base.css", "assets/10-shell.css", "assets/22-pages.css",
    "ioc/web/views/forms.css",
)  # fmt: skip
PUBLIC = _styles(
    "public", "assets/00-tokens.css", "assets/01-base.css", "assets/20-tiles.css", "assets/30-directives.css",
    "ioc/web/views/public.css",
)  # fmt: skip
WORKING_STYLES = Bundle(
    "working", "text/css", [_bootstrap(), *sorted(_WORKING_ASSETS.glob("*.css"))], layer="bootstrap"
)
WORKING_SCRIPTS = Bundle("working", "text/javascript", sorted(_WORKING_ASSETS.glob("*.js")))
_TABLE_PARTS = [*sorted(_WORKING_ASSETS.glob("2[013]-table*")), *sorted(_TABLE_ASSETS.glob("*"))]
TABLE_STYLES = Bundle("tables", "text/css", [file for file in _TABLE_PARTS if file.suffix == ".css"])
TABLE_SCRIPTS = Bundle("tables", "text/javascript", [file for file in _TABLE_PARTS if file.suffix == ".js"])
ALL = (PAGE_STYLES, PAGE_SCRIPTS, FORMS, PUBLIC, WORKING_STYLES, WORKING_SCRIPTS, TABLE_STYLES, TABLE_SCRIPTS)


def of_page(*, is_working: bool, has_table: bool) -> tuple[list[Bundle], list[Bundle]]:
    """The stylesheets and the scripts of a page in their order: Bootstrap declares the order of the layers.

    `has_table`: a live one.
    """
    if is_working:
        return [WORKING_STYLES, PAGE_STYLES], [PAGE_SCRIPTS, WORKING_SCRIPTS]
    return [*[TABLE_STYLES] * has_table, PAGE_STYLES], [PAGE_SCRIPTS, *[TABLE_SCRIPTS] * has_table]
