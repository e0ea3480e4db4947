"""One file (or folder), one protocol. A protocol knows `domain` and `mapping`; the outside it meets through a World."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from ioc.domain.ingest.protocol import Connector


@cache
def protocols() -> dict[str, Connector]:
    """Every module of this folder with Options, fetch and parse, by name."""
    found = {}
    for info in iter_modules(__path__):
        if not info.name.startswith("_"):  # shared parts are no protocols
            module = import_module(f"{__name__}.{info.name}")
            if all(hasattr(module, name) for name in ("Options", "fetch", "parse")):
                found[info.name] = cast(Connector, module)
    return found
