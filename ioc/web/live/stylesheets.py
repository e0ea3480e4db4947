"""Stylesheet bundles of the pages that work without scripts: one file each, its name carries a content hash."""

from functools import cache
from hashlib import sha256

from ioc.web.settings import ROOT

FORM_FILES = (
    "assets/00-tokens.css", "assets/01-base.css", "assets/10-shell.css", "assets/22-pages.css",
    "ioc/web/views/forms.css",
)  # fmt: skip
PUBLIC_FILES = (
    "assets/00-tokens.css", "assets/01-base.css", "assets/20-tiles.css", "assets/30-directives.css",
    "ioc/web/views/public.css",
)  # fmt: skip


@cache
def bundle_css(name: str, files: tuple[str, ...]) -> tuple[str, bytes]:
    """Address and content of `files` (relative to ROOT) concatenated; the address changes with the content."""
    body = "\n".join((ROOT / file).read_text("utf-8") for file in files).encode()
    return f"/assets/{name}.v1m{sha256(body).hexdigest()[:12]}.css", body


def form_stylesheet() -> tuple[str, bytes]:
    """Address and content of the stylesheet of all forms."""
    return bundle_css("forms", FORM_FILES)


def public_stylesheet() -> tuple[str, bytes]:
    """Address and content of the stylesheet of the public page."""
    return bundle_css("public", PUBLIC_FILES)
