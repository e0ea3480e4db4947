"""One yaml file as values with lines. What cannot be read is told, and the rest is read all the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ioc.config.errors import ConfigFault
from ioc.config.unreadable import UNREAD
from ioc.config.yaml_reader import ReadState, YamlPath, YamlReader, YamlSyntaxError
from ioc.config.yaml_recovery import YamlPiece, split_pieces

MAX_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class YamlFile:
    """`value` is made of dict, list, str, int, float, bool, None, date, and UNREAD; keys are always text.

    `faults`: what could not be read. `parts`: where a key at the top comes from, when that is another file.
    """

    name: str
    value: Any = None
    lines: dict[YamlPath, int] = field(default_factory=dict)
    faults: tuple[ConfigFault, ...] = ()
    key_origins: Mapping[str | int, "YamlFile"] = field(default_factory=dict)

    def line(self, path: YamlPath) -> int:
        """The line of `where`, or of the nearest thing that holds it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def fault(self, path: YamlPath, message: str, suggestion: str = "") -> ConfigFault:
        """A fault at `where` in this file."""
        part = self.key_origins.get(path[0]) if path else None
        return (
            part.fault(path, message, suggestion)
            if part
            else ConfigFault(self.name, self.line(path), message, suggestion)
        )


def read(path: Path) -> YamlFile:
    """The file at `path`, as much of it as can be read."""
    name = str(path)
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except OSError as error:
        return _unreadable_file(ConfigFault(name, 0, f"cannot be read: {error.strerror}"))
    if len(body) > MAX_BYTES:
        return _unreadable_file(
            ConfigFault(name, 0, f"is larger than {MAX_BYTES:,} bytes", "split it, or move data into the store")
        )
    return parse(name, body)


def parse(name: str, body: bytes) -> YamlFile:
    """`body` as values with lines, as much of it as is plain yaml."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _unreadable_file(ConfigFault(name, 0, "is not UTF-8 text", "save it as UTF-8"))
    found = ReadState()
    try:
        value = YamlReader(name, text, found).read()
    except YamlSyntaxError as broken:
        return _recover(name, text, broken.fault)
    return YamlFile(name, value, found.lines, tuple(found.faults))


def _unreadable_file(*faults: ConfigFault) -> YamlFile:
    return YamlFile(faults[0].file, UNREAD, {}, faults)


def _recover(name: str, text: str, fault: ConfigFault) -> YamlFile:
    """What is left when each row is read for itself: one that is not yaml must not hide the faults of the others."""
    found = ReadState(is_partial=True)
    under: dict[str, Any] = {}
    rows: list[Any] = []
    broken = []
    for piece in split_pieces(text):
        inside: YamlPath = () if piece.key is None or piece.row is None else (piece.key,)
        try:
            one = YamlReader(name, piece.text, found, piece.lines_before, inside, piece.row or 0).read()
        except YamlSyntaxError as wrong:
            one = UNREAD
            broken.append(wrong.fault)
        _put_piece(under, rows, piece, one)
    if not broken or (under and rows):  # each piece is yaml, only not all together
        return _unreadable_file(fault)
    return YamlFile(name, rows or under, found.lines, (*broken, *found.faults))


def _put_piece(under: dict[str, Any], rows: list[Any], piece: YamlPiece, one: Any) -> None:
    """Puts what a piece holds to where it belongs: a row into its list, what stands under a key under it."""
    if piece.row is None:
        under[str(piece.key)] = one.get(piece.key, UNREAD) if isinstance(one, dict) else UNREAD
        return
    into = rows if piece.key is None else under.setdefault(piece.key, [])
    if isinstance(into, list):
        into.append(one[0] if isinstance(one, list) and len(one) == 1 else UNREAD)
