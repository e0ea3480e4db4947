"""The layers of geometry under the points of a map, as a screen fetches them once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MapLayer:
    """One file of geometry. `role`: units, outline, water, rivers, roads, facilities or context.

    `href` contains a hash of the content, so that it may be cached for ever. `shape`: "line", "area" or "point".
    `credit`: the attribution that its source asks for.
    """

    name: str
    role: str
    shape: str
    href: str
    body: bytes
    credit: str = ""


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A name written on the map at a point; `credit`: the attribution that its source asks for."""

    name: str
    lon: float
    lat: float
    credit: str = ""


@dataclass(frozen=True, slots=True)
class MapLayers:
    """All layers, the lowest first. `is_schematic`: not the official boundaries. `bounds`: west, south, east, north."""

    layers: tuple[MapLayer, ...] = ()
    names: tuple[PlaceName, ...] = ()
    bounds: tuple[float, float, float, float] = (105.2, 9.2, 106.35, 10.35)
    is_schematic: bool = True
    unused_files: tuple[str, ...] = ()  # names of files in the folder that are no layer of this map

    def by_role(self, role: str) -> tuple[MapLayer, ...]:
        """The layers of that role."""
        return tuple(layer for layer in self.layers if layer.role == role)


EMPTY_MAP_LAYERS = MapLayers()  # a map of points alone
