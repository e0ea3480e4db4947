"""What a page draws from: one frozen snapshot, the page's parameters, the language, and lines from the store."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from ioc.domain.geo.map_layers import EMPTY_MAP_LAYERS, MapLayers
from ioc.domain.snapshot import Line, Snapshot

# (series key, start, end, at most this many points) -> the line, its extremes kept. KPI histories are the
# derived series "kpi-<kpi key>" and, by place, "kpi-<kpi key>-<unit code>".
History = Callable[[str, datetime, datetime, int], Line]

# id of a component -> its props, as set_props takes them
Frame = dict[str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class View:
    """`params` are the page's own (path and query), `lang` is "vi" or "en", `layers` lie under every map.

    `held`: ids whose pace holds them back now; a page may leave them out and so spare their drawing.
    """

    snapshot: Snapshot
    params: Mapping[str, str]
    lang: str
    history: History
    layers: MapLayers = EMPTY_MAP_LAYERS
    unchanged: Collection[str] = frozenset()
