"""Memory: threads share few pools of the C library, what they freed goes back, libraries wait for their first use."""

import ctypes
import gc
import importlib
import sys
from functools import cache
from threading import Lock
from types import ModuleType
from typing import Any

_M_ARENA_MAX = -8  # of mallopt(3)
_ARENAS = 2
# New objects between two runs of the garbage collector. Python's 700 are three polls, and cost a tenth of each.
_GC_THRESHOLD = 20_000
_group_lock = Lock()


@cache
def _libc() -> ctypes.CDLL | None:
    """The C library where it is glibc, which alone has these functions."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "malloc_trim") else None


def share_arenas() -> None:
    """Lets all threads allocate from two pools: each thread would keep one of its own, 23 MB together.

    To be called before there are threads.
    """
    if library := _libc():
        library.mallopt(_M_ARENA_MAX, _ARENAS)


def trim() -> None:
    """Gives freed memory back to the system."""
    if library := _libc():
        library.malloc_trim(0)


def freeze_gc() -> None:
    """Excludes the objects that live as long as the process from garbage collection, and collects less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)


def defer_import(name: str) -> None:
    """Makes `import <name>` load the module at its first use: for libraries that others import and seldom use.

    The packages above it are deferred too. To be called before any of them is imported; then it does nothing.
    """
    parts = name.split(".")
    names = [".".join(parts[: number + 1]) for number in range(len(parts))]
    if names[0] in sys.modules:
        return
    modules = [_DeferredModule(each, names) for each in names]
    for above, part, module in zip(modules, parts[1:], modules[1:], strict=False):
        setattr(above, part, module)
    sys.modules.update(zip(names, modules, strict=True))


class _DeferredModule(ModuleType):
    """In the place of a module until something of it is used. `group`: it and what stands in for others with it."""

    def __init__(self, name: str, group: list[str]) -> None:
        super().__init__(name)
        self.__path__: list[str] = []  # `import a.b` wants a to be a package
        self._group = group

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):  # asked by the import system and by inspection
            raise AttributeError(attribute)
        with _group_lock:  # two threads at the first use
            for name in self._group:
                if isinstance(sys.modules.get(name), _DeferredModule):
                    del sys.modules[name]
        return getattr(importlib.import_module(self.__name__), attribute)
