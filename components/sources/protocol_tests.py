"""What the protocols are known to withstand: protocol_tests.toml, which a test holds to the tests that there are."""

import tomllib
from functools import cache
from pathlib import Path

from components.ui.i18n import catalogue, t

ALL_PROTOCOLS = "every"  # what holds for all of them


@cache
def protocol_tests() -> dict[str, dict[str, list[str]]]:
    """Protocol -> kind of fault -> the tests that prove it."""
    return tomllib.loads((Path(__file__).parent / "protocol_tests.toml").read_text("utf-8"))


def covered_faults(protocol: str) -> tuple[str, ...]:
    """Kinds of faults that the protocol was tried with, those of all protocols first."""
    return tuple(dict.fromkeys((*protocol_tests()[ALL_PROTOCOLS], *protocol_tests().get(protocol, ()))))


def protocol_name(protocol: str, lang: str) -> str:
    """As people call it; one that the catalogue does not know by its own name."""
    key = f"protocol_tests.protocol_{protocol}"
    return t(key, lang) if key in catalogue() else protocol
