"""Sheets of a PDF as their reader has them: lines of text where they stand, and the fonts that they need."""

import io
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from pypdf import PageObject, PdfReader

_MM = 72 / 25.4
HEAD, FOOT = 13 * _MM, 20 * _MM  # of a sheet: above and below stands nothing of the page


@dataclass(frozen=True)
class Sheet:
    """`text` in the order of the page, without spaces; `lines`: the same by how far it stands from the sheet's foot."""

    height: float
    text: str
    lines: tuple[tuple[float, str], ...]
    loose: frozenset[str]  # fonts that are not embedded

    @property
    def body(self) -> list[str]:
        """What is the page's own, from the top."""
        return [line for y, line in self.lines if y > FOOT]

    @property
    def filled(self) -> float:
        """How much of its height is used, 0..1."""
        lowest = min((y for y, _ in self.lines if y > FOOT), default=self.height - HEAD)
        return (self.height - HEAD - lowest) / (self.height - HEAD - FOOT)


def sheets(pdf: bytes) -> list[Sheet]:
    """The sheets of a PDF."""
    return [_sheet(one) for one in PdfReader(io.BytesIO(pdf)).pages]


def close(text: str) -> str:
    """Without spaces: where letters come from another part of the font, this reader sees some between them."""
    return "".join(text.split())


def headings(frame: dict[str, Any]) -> set[str]:
    """The headings in the panels of a frame."""
    found: set[str] = set()
    for props in frame["panels"].values():
        found |= {close(re.sub("<[^>]+>", "", one)) for one in re.findall(r"<h2.*?</h2>", props.get("markup", ""))}
    return found - {""}


def _sheet(page: PageObject) -> Sheet:
    rows: dict[int, list[tuple[float, str]]] = defaultdict(list)
    said: list[str] = []

    def visit(text: str, cm: list[float], tm: list[float], _font: object, _size: float) -> None:
        x, y = (tm[4] * cm[n] + tm[5] * cm[n + 2] + cm[n + 4] for n in (0, 1))
        said.append(text)
        if text.strip():
            rows[round(y)].append((x, text))

    page.extract_text(visitor_text=visit)
    lines = tuple((float(y), close("".join(text for _, text in sorted(rows[y])))) for y in sorted(rows, reverse=True))
    return Sheet(float(page.mediabox.height), close("".join(said)), lines, frozenset(_loose(page)))


def _loose(page: PageObject) -> list[str]:
    resources: Any = page["/Resources"]
    fonts: dict[str, Any] = resources.get("/Font", {})
    found = []
    for font in (one.get_object() for one in fonts.values()):
        inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        kept = inner.get("/FontDescriptor", {})
        if not any(key in kept for key in ("/FontFile", "/FontFile2", "/FontFile3")) and font["/Subtype"] != "/Type3":
            found.append(str(font.get("/BaseFont")))
    return found
