"""The protocols of data sources, one module or package each. All input and output goes through a FetchContext."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from ioc.domain.ingest.protocol import Connector


@cache
def protocols() -> dict[str, Connector]:
    """Every module of this package with Options, fetch and parse, by name."""
    connectors = {}
    for info in iter_modules(__path__):
        if not info.name.startswith("_"):  # parts shared by protocols
            module = import_module(f"{__name__}.{info.name}")
            if all(hasattr(module, name) for name in ("Options", "fetch", "parse")):
                connectors[info.name] = cast(Connector, module)
    return connectors
