"""One yaml file as values with lines. What cannot be read becomes a fault, and the rest is read all the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ioc.config.errors import ConfigCode, ConfigFault
from ioc.config.unreadable import UNREAD
from ioc.config.yaml_reader import ReadState, YamlPath, YamlReader, YamlSyntaxError
from ioc.config.yaml_recovery import YamlPiece, split_pieces
from ioc.domain.base.failure import Failure
from ioc.domain.base.system_errors import system_failure

MAX_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class YamlFile:
    """`value` is made of dict, list, str, int, float, bool, None, date, and UNREAD; keys are always text.

    `lines`: of each path in `value`, from 1. `faults`: what could not be read. `key_origins`: the file that a key at
    the top comes from, where that is another one.
    """

    name: str
    value: Any = None
    lines: dict[YamlPath, int] = field(default_factory=dict)
    faults: tuple[ConfigFault, ...] = ()
    key_origins: Mapping[str | int, "YamlFile"] = field(default_factory=dict)

    def line(self, path: YamlPath) -> int:
        """The line of `path`, or of the nearest value that holds it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def fault(
        self, path: YamlPath, failure: Failure, suggestion: Failure | None = None, field_path: str = ""
    ) -> ConfigFault:
        """A fault at `path`; `field_path` is shown before the message."""
        origin = self.key_origins.get(path[0]) if path else None
        if origin is not None:
            return origin.fault(path, failure, suggestion, field_path)
        return ConfigFault(self.name, self.line(path), failure, suggestion, field_path)


def read(path: Path) -> YamlFile:
    """The file at `path`, as much of it as can be read."""
    name = str(path)
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except OSError as error:
        cause = system_failure(error)
        return _unreadable_file(ConfigFault(name, 0, Failure(ConfigCode.UNREADABLE, {"cause": cause})))
    if len(body) > MAX_BYTES:
        failure = Failure(ConfigCode.TOO_LARGE, {"limit": MAX_BYTES})
        return _unreadable_file(ConfigFault(name, 0, failure, Failure(ConfigCode.SPLIT_THE_FILE)))
    return parse(name, body)


def parse(name: str, body: bytes) -> YamlFile:
    """`body` as values with lines, as much of it as is plain yaml."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        fault = ConfigFault(name, 0, Failure(ConfigCode.NOT_UTF8), Failure(ConfigCode.SAVE_AS_UTF8))
        return _unreadable_file(fault)
    state = ReadState()
    try:
        value = YamlReader(name, text, state).read()
    except YamlSyntaxError as error:
        return _recover(name, text, error.fault)
    return YamlFile(name, value, state.lines, tuple(state.faults))


def _unreadable_file(*faults: ConfigFault) -> YamlFile:
    return YamlFile(faults[0].file, UNREAD, {}, faults)


def _recover(name: str, text: str, fault: ConfigFault) -> YamlFile:
    """What is left when each row is read for itself: one that is not yaml must not hide the faults of the others."""
    state = ReadState(is_partial=True)
    by_key: dict[str, Any] = {}
    rows: list[Any] = []
    syntax_faults = []
    for piece in split_pieces(text):
        base_path: YamlPath = () if piece.key is None or piece.row is None else (piece.key,)
        try:
            value = YamlReader(name, piece.text, state, piece.lines_before, base_path, piece.row or 0).read()
        except YamlSyntaxError as error:
            value = UNREAD
            syntax_faults.append(error.fault)
        _put_piece(by_key, rows, piece, value)
    if not syntax_faults or (by_key and rows):  # each piece is yaml, only not all together
        return _unreadable_file(fault)
    return YamlFile(name, rows or by_key, state.lines, (*syntax_faults, *state.faults))


def _put_piece(by_key: dict[str, Any], rows: list[Any], piece: YamlPiece, value: Any) -> None:
    """Puts the value of a piece where it belongs: a row into its list, what stands under a key under it."""
    if piece.row is None:
        by_key[str(piece.key)] = value.get(piece.key, UNREAD) if isinstance(value, dict) else UNREAD
        return
    target = rows if piece.key is None else by_key.setdefault(piece.key, [])
    if isinstance(target, list):
        target.append(value[0] if isinstance(value, list) and len(value) == 1 else UNREAD)
