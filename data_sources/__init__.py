"""One file (or folder), one protocol. A protocol knows `domain` and `mapping`; the outside it meets through a World."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from domain.feed import Connector

# The way outside is no protocol; left out by name so that a process that never polls does not load its client.
_DOOR = "world"


@cache
def protocols() -> dict[str, Connector]:
    """Every module of this folder with Options, fetch and parse, by name."""
    found = {}
    for info in iter_modules(__path__):
        if info.name != _DOOR:
            module = import_module(f"{__name__}.{info.name}")
            if all(hasattr(module, name) for name in ("Options", "fetch", "parse")):
                found[info.name] = cast(Connector, module)
    return found
