"""Pages of a PDF: lines of text with their position, and the fonts that are not embedded."""

import io
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from pypdf import PageObject, PdfReader

_MM = 72 / 25.4
HEAD, FOOT = 13 * _MM, 20 * _MM  # margins of a sheet for its header and footer


@dataclass(frozen=True)
class Sheet:
    """`text` in the order of the page, without spaces; `lines`: the same with their height above the sheet's foot."""

    height: float
    text: str
    lines: tuple[tuple[float, str], ...]
    loose: frozenset[str]  # names of fonts that are not embedded

    @property
    def body(self) -> list[str]:
        """The lines between header and footer, from the top."""
        return [line for y, line in self.lines if y > FOOT]

    @property
    def filled(self) -> float:
        """The share of the height that is used, 0..1."""
        lowest = min((y for y, _ in self.lines if y > FOOT), default=self.height - HEAD)
        return (self.height - HEAD - lowest) / (self.height - HEAD - FOOT)


def sheets(pdf: bytes) -> list[Sheet]:
    """The sheets of a PDF."""
    return [_sheet(page) for page in PdfReader(io.BytesIO(pdf)).pages]


def without_spaces(text: str) -> str:
    """Without spaces: the PDF reader inserts some where characters come from different subsets of a font."""
    return "".join(text.split())


def headings(frame: dict[str, Any]) -> set[str]:
    """The headings in the panels of a frame."""
    texts: set[str] = set()
    for props in frame["panels"].values():
        texts |= {
            without_spaces(re.sub("<[^>]+>", "", heading))
            for heading in re.findall(r"<h2.*?</h2>", props.get("markup", ""))
        }
    return texts - {""}


def _sheet(page: PageObject) -> Sheet:
    rows: dict[int, list[tuple[float, str]]] = defaultdict(list)
    parts: list[str] = []

    def visit(text: str, cm: list[float], tm: list[float], _font: object, _size: float) -> None:
        x, y = (tm[4] * cm[n] + tm[5] * cm[n + 2] + cm[n + 4] for n in (0, 1))
        parts.append(text)
        if text.strip():
            rows[round(y)].append((x, text))

    page.extract_text(visitor_text=visit)
    lines = tuple(
        (float(y), without_spaces("".join(text for _, text in sorted(rows[y])))) for y in sorted(rows, reverse=True)
    )
    return Sheet(float(page.mediabox.height), without_spaces("".join(parts)), lines, frozenset(_loose(page)))


def _loose(page: PageObject) -> list[str]:
    resources: Any = page["/Resources"]
    fonts: dict[str, Any] = resources.get("/Font", {})
    names = []
    for font in (font.get_object() for font in fonts.values()):
        inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        descriptor = inner.get("/FontDescriptor", {})
        if (
            not any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
            and font["/Subtype"] != "/Type3"
        ):
            names.append(str(font.get("/BaseFont")))
    return names
