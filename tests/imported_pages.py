"""The pages of the program, imported once for all applications of a test process.

To execute their modules anew takes most of the time in which an application is made.
"""

import sys
from dataclasses import dataclass
from typing import Any

import dash
from dash import _callback

from ioc.web.live.page_registry import PageRegistry, load_pages

PACKAGES = ("pages", "tests.web.site")  # the modules of others may change between two tests
_Entries = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class _Registered:
    """What the import of a package registered for the application that is made next."""

    registry: PageRegistry
    pages: _Entries
    callback_map: _Entries
    callback_list: list[dict[str, Any]]
    inline_scripts: list[str]


_by_package: dict[str, _Registered] = {}


def load_once(package: str) -> PageRegistry:
    """As `load_pages`; a package of PACKAGES is imported once, and later a copy of what it registered then is used."""
    if package not in PACKAGES:
        return load_pages(package)
    if package not in _by_package:
        _clear_registered()
        _by_package[package] = _Registered(
            load_pages(package), _copied(dash.page_registry), _copied(_callback.GLOBAL_CALLBACK_MAP),
            [dict(each) for each in _callback.GLOBAL_CALLBACK_LIST], list(_callback.GLOBAL_INLINE_SCRIPTS),
        )  # fmt: skip
    found = _by_package[package]
    _clear_registered()
    _clear_caches(package)
    dash.page_registry.update(_copied(found.pages))
    _callback.GLOBAL_CALLBACK_MAP.update(_copied(found.callback_map))
    _callback.GLOBAL_CALLBACK_LIST.extend(dict(each) for each in found.callback_list)
    _callback.GLOBAL_INLINE_SCRIPTS.extend(found.inline_scripts)
    return found.registry


def _clear_registered() -> None:
    for registered in (
        dash.page_registry, _callback.GLOBAL_CALLBACK_MAP, _callback.GLOBAL_CALLBACK_LIST,
        _callback.GLOBAL_INLINE_SCRIPTS,
    ):  # fmt: skip
        registered.clear()


def _clear_caches(package: str) -> None:
    """Empties the caches of the pages' own functions, as they are for the first application of a process."""
    for name in [name for name in sys.modules if name.startswith(f"{package}.")]:
        for value in list(vars(sys.modules[name]).values()):
            if getattr(value, "__module__", "") == name and hasattr(value, "cache_clear"):
                value.cache_clear()


def _copied(entries: _Entries) -> _Entries:
    return {key: dict(entry) for key, entry in entries.items()}
