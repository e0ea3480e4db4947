"""One yaml file as values with lines. What cannot be read is told, and the rest is read all the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ioc.config.errors import Fault
from ioc.config.unreadable import UNREAD
from ioc.config.yaml_reader import Broken, Found, Reader, Where
from ioc.config.yaml_recovery import Piece, pieces

MAX_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class YamlFile:
    """`value` is made of dict, list, str, int, float, bool, None, date, and UNREAD; keys are always text.

    `faults`: what could not be read. `parts`: where a key at the top comes from, when that is another file.
    """

    name: str
    value: Any = None
    lines: dict[Where, int] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    parts: Mapping[str | int, "YamlFile"] = field(default_factory=dict)

    def line(self, where: Where) -> int:
        """The line of `where`, or of the nearest thing that holds it."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)

    def fault(self, where: Where, what: str, right: str = "") -> Fault:
        """A fault at `where` in this file."""
        part = self.parts.get(where[0]) if where else None
        return part.fault(where, what, right) if part else Fault(self.name, self.line(where), what, right)


def read(path: Path) -> YamlFile:
    """The file at `path`, as much of it as can be read."""
    name = str(path)
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except OSError as error:
        return _nothing(Fault(name, 0, f"cannot be read: {error.strerror}"))
    if len(body) > MAX_BYTES:
        return _nothing(Fault(name, 0, f"is larger than {MAX_BYTES:,} bytes", "split it, or move data into the store"))
    return parse(name, body)


def parse(name: str, body: bytes) -> YamlFile:
    """`body` as values with lines, as much of it as is plain yaml."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _nothing(Fault(name, 0, "is not UTF-8 text", "save it as UTF-8"))
    found = Found()
    try:
        value = Reader(name, text, found).value()
    except Broken as broken:
        return _recovered(name, text, broken.fault)
    return YamlFile(name, value, found.lines, tuple(found.faults))


def _nothing(*faults: Fault) -> YamlFile:
    return YamlFile(faults[0].file, UNREAD, {}, faults)


def _recovered(name: str, text: str, fault: Fault) -> YamlFile:
    """What is left when each row is read for itself: one that is not yaml must not hide the faults of the others."""
    found = Found(lost=True)
    under: dict[str, Any] = {}
    rows: list[Any] = []
    broken = []
    for piece in pieces(text):
        inside: Where = () if piece.key is None or piece.row is None else (piece.key,)
        try:
            one = Reader(name, piece.text, found, piece.above, inside, piece.row or 0).value()
        except Broken as wrong:
            one = UNREAD
            broken.append(wrong.fault)
        _put(under, rows, piece, one)
    if not broken or (under and rows):  # each piece is yaml, only not all together
        return _nothing(fault)
    return YamlFile(name, rows or under, found.lines, (*broken, *found.faults))


def _put(under: dict[str, Any], rows: list[Any], piece: Piece, one: Any) -> None:
    """Puts what a piece holds to where it belongs: a row into its list, what stands under a key under it."""
    if piece.row is None:
        under[str(piece.key)] = one.get(piece.key, UNREAD) if isinstance(one, dict) else UNREAD
        return
    into = rows if piece.key is None else under.setdefault(piece.key, [])
    if isinstance(into, list):
        into.append(one[0] if isinstance(one, list) and len(one) == 1 else UNREAD)
