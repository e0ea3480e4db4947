"""The layers of a map: what lies under the points, as the screens fetch it once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MapLayer:
    """One file of geometry. `role`: units, outline, water, rivers, roads, facilities or context.

    `href` names its content: what is fetched from there never changes. `shape`: "line", "area" or "point".
    """

    name: str
    role: str
    shape: str
    href: str
    body: bytes
    credit: str = ""  # whom it is owed to


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A name written on the map where it stands, and whom it is owed to."""

    name: str
    lon: float
    lat: float
    credit: str = ""


@dataclass(frozen=True, slots=True)
class MapLayers:
    """All layers, the deepest first. `schematic`: not the official boundaries. `bounds`: west, south, east, north."""

    layers: tuple[MapLayer, ...] = ()
    names: tuple[PlaceName, ...] = ()
    bounds: tuple[float, float, float, float] = (105.2, 9.2, 106.35, 10.35)
    is_schematic: bool = True
    unused_files: tuple[str, ...] = ()  # names of files that are no layer of this map

    def by_role(self, role: str) -> tuple[MapLayer, ...]:
        """The layers of that role."""
        return tuple(one for one in self.layers if one.role == role)


EMPTY_MAP_LAYERS = MapLayers()  # a map of points alone
