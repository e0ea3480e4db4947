"""The input of a page's `frame`: one immutable snapshot, the page's parameters, the language, and histories."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from ioc.domain.directives.instruction import IssuedInstruction
from ioc.domain.geo.map_layers import EMPTY_MAP_LAYERS, MapLayers
from ioc.domain.snapshot import Line, Snapshot

# (series key, start, end, max points) -> the downsampled line, extremes kept. KPI histories are the derived series
# "kpi-<kpi key>" and, by unit, "kpi-<kpi key>-<unit code>".
History = Callable[[str, datetime, datetime, int], Line]

# (pages, moment, None for the present) -> the instructions that were given on them and have a number.
Instructions = Callable[[Collection[str], datetime | None], tuple[IssuedInstruction, ...]]

# (snapshot, value of a parameter in an address) -> the value that the page knows, "" where the page is the same without
# it: equal pages have one frame.
ParamValue = Callable[[Snapshot, str], str]

# id of a component -> its props, as set_props takes them
Frame = dict[str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class View:
    """`params` are the page's own (path and query), `lang` is "vi" or "en", `layers` lie under every map.

    `unchanged`: ids whose minimum interval has not passed; a page may omit them and so save rendering.
    """

    snapshot: Snapshot
    params: Mapping[str, str]
    lang: str
    history: History
    layers: MapLayers = EMPTY_MAP_LAYERS
    unchanged: Collection[str] = frozenset()
    instructions: Instructions = lambda _pages, _at: ()

    def instructions_on(self, *pages: str) -> tuple[IssuedInstruction, ...]:
        """The instructions given on `pages`, as they stood at the moment that is shown."""
        return self.instructions(pages, None if self.snapshot.is_live else self.snapshot.at)


def one_of(values: Callable[[Snapshot], Collection[str]]) -> ParamValue:
    """A parameter that takes one of `values`, and whose other values say nothing."""
    return lambda snapshot, value: value if value in values(snapshot) else ""
