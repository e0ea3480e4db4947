"""Faults that each protocol is tested with: protocol_tests.toml; a test compares it with the existing tests."""

import tomllib
from functools import cache
from pathlib import Path

from components.ui.i18n import catalogue, t

ALL_PROTOCOLS = "every"  # key of the faults tested for all protocols


@cache
def protocol_tests() -> dict[str, dict[str, list[str]]]:
    """Protocol -> kind of fault -> the tests that prove it."""
    return tomllib.loads((Path(__file__).parent / "protocol_tests.toml").read_text("utf-8"))


def covered_faults(protocol: str) -> tuple[str, ...]:
    """Kinds of faults that the protocol is tested with, those of all protocols first."""
    return tuple(dict.fromkeys((*protocol_tests()[ALL_PROTOCOLS], *protocol_tests().get(protocol, ()))))


def protocol_name(protocol: str, lang: str) -> str:
    """The protocol's label; its own name if the catalogue has none."""
    key = f"protocol_tests.protocol_{protocol}"
    return t(key, lang) if key in catalogue() else protocol
