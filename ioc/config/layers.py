"""The map's layers: the city's own GeoJSON folder where one is given, our schematic otherwise."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from ioc.config.errors import ConfigError, ConfigFault
from ioc.config.layer_edges import BoundingBox, bounding_box, push_edges_out
from ioc.domain.geo.map_layers import EMPTY_MAP_LAYERS, MapLayer, MapLayers, PlaceName

SCHEMATIC = Path(__file__).parents[2] / "config" / "cantho" / "map"
URL_PREFIX = "/geo/"
MAX_BYTES = 20_000_000
MAX_REPORTED = 20  # features of a file that are wrong; of more it is said how many
# Where a map of a city of Vietnam may reach; outside, longitude and latitude were swapped or are metres.
_WEST, _SOUTH, _EAST, _NORTH = 100.0, 4.0, 118.0, 24.0

_AREAS, _LINES, _POINTS = ("Polygon", "MultiPolygon"), ("LineString", "MultiLineString"), ("Point",)


class LayerRole(NamedTuple):
    """What a file is, by how its name begins, and which geometries it may hold. `keep`: properties that are served."""

    name: str
    prefixes: tuple[str, ...]
    geometry_types: Mapping[str, tuple[str, ...]]
    properties: tuple[str, ...] = ("name",)


_AREA = {"area": _AREAS}
# In the order in which they are drawn, the deepest first.
ROLES = (
    LayerRole("context", ("context",), _AREA, ("code", "name")),
    LayerRole("units", ("units", "communes"), _AREA, ("code", "name")),
    LayerRole("outline", ("outline", "province"), _AREA),
    LayerRole("water", ("water",), _AREA),
    LayerRole("rivers", ("rivers",), {"line": _LINES}),
    LayerRole("roads", ("roads",), {"line": _LINES}, ("name", "ref")),
    LayerRole("facilities", ("facilities",), {"point": _POINTS}, ("name", "kind")),
    LayerRole("places", ("places",), {"point": _POINTS}, ("name", "rank")),
)
NO_COLLECTION = ("it is no FeatureCollection", '{"type": "FeatureCollection", "features": […]}')
NO_UNITS = "there is no layer of the units"
MAX_PLACE_NAMES = 12  # place names: enough to find one's way, few enough never to collide


def load(folder: Path | None, codes: Collection[str] | None) -> MapLayers:
    """The layers of `folder`, else the schematic. Faults, all at once.

    `codes` are those of units.yaml, None where that could not be read: nothing is said about them then.
    """
    where, faults = folder or SCHEMATIC, list[ConfigFault]()
    found, unused = [], []
    for path in sorted(where.glob("*.geojson")):
        role = next((one for one in ROLES if path.stem.startswith(one.prefixes)), None)
        if role is None:
            unused.append(path.name)
            continue
        read = _LayerFile(path, role, faults)
        if read.features:
            found.append(read)
    if codes is not None:
        _check_units(where, found, codes, faults)
    if faults:
        raise ConfigError(faults)
    return _build_layers(found, tuple(unused))


class _LayerFile:
    """A file that was read, with what is wrong with it told to `faults`; `features` is empty then."""

    def __init__(self, path: Path, role: LayerRole, faults: list[ConfigFault]) -> None:
        self.path, self.role, self.faults = path, role, faults
        self.document: dict[str, Any] = {}
        self.features: list[dict[str, Any]] = []
        try:
            self._read()
        except (_LayerError, OSError, ValueError, RecursionError) as error:
            self.features = []
            what, right = (
                error.args if isinstance(error, _LayerError) else (f"it cannot be read: {error}", "GeoJSON in UTF-8")
            )
            faults.append(ConfigFault(path.name, 0, what, right))

    def _read(self) -> None:
        if self.path.stat().st_size > MAX_BYTES:
            raise _LayerError(
                f"it is larger than {MAX_BYTES // 1_000_000} MB", "a layer simplified for a map of the city"
            )
        self.document = json.loads(self.path.read_text("utf-8-sig"))
        if not isinstance(self.document, dict) or self.document.get("type") != "FeatureCollection":
            raise _LayerError(*NO_COLLECTION)
        features = self.document.get("features")
        if not isinstance(features, list) or not features:
            raise _LayerError("it has no features", "at least one feature")
        wrong = [one for n, feature in enumerate(features) for one in _feature_errors(n, feature, self.role)]
        if not wrong:
            self.features = features
        self.faults += (ConfigFault(self.path.name, 0, *one) for one in wrong[:MAX_REPORTED])
        if len(wrong) > MAX_REPORTED:
            what = f"{len(wrong)} features are wrong: the first {MAX_REPORTED} are told"
            self.faults.append(ConfigFault(self.path.name, 0, what))

    @property
    def shape(self) -> str:
        kind = self.features[0]["geometry"]["type"]
        return next(shape for shape, kinds in self.role.geometry_types.items() if kind in kinds)

    @property
    def credit(self) -> str:
        return str(self.document.get("attribution") or "").strip()

    def points(self) -> list[tuple[float, float]]:
        return [pair for one in self.features for pair in _points(one["geometry"]["coordinates"], 0)]

    def to_layer(self) -> MapLayer:
        """As the screens fetch it: without what no map shows, coordinates to a metre."""
        box = bounding_box(self.points()) if self.role.name == "context" else None
        kept = [
            {
                "type": "Feature",
                "properties": {
                    key: value for key in self.role.properties if (value := _property(one, key)) is not None
                },
                "geometry": {"type": one["geometry"]["type"], "coordinates": _served_coordinates(one, box)},
            }
            for one in self.features
        ]
        text = json.dumps({"type": "FeatureCollection", "features": kept}, ensure_ascii=False, separators=(",", ":"))
        body = text.encode()
        href = f"{URL_PREFIX}{self.path.stem}.v1m{sha256(body).hexdigest()[:12]}.geojson"
        return MapLayer(self.path.stem, self.role.name, self.shape, href, body, self.credit)


class _LayerError(Exception):
    """What is wrong, and what would be right."""


def _feature_errors(n: int, feature: Any, role: LayerRole) -> list[tuple[str, str]]:
    """The first thing that is wrong with a feature, and what would be right; nothing where all is well."""
    try:
        _check_feature(n, feature, role)
    except _LayerError as wrong:
        return [wrong.args]
    return []


def _check_feature(n: int, feature: Any, role: LayerRole) -> None:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    kinds = [kind for shape in role.geometry_types.values() for kind in shape]
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in kinds:
        raise _LayerError(f"feature {n + 1} is a {kind}", f"{role.name} are " + " or ".join(kinds))
    assert isinstance(geometry, dict)
    for pair in _points(geometry.get("coordinates"), n):
        if not (_WEST <= pair[0] <= _EAST and _SOUTH <= pair[1] <= _NORTH):
            raise _LayerError(
                f"feature {n + 1} lies at {pair[0]:g}, {pair[1]:g}", "longitude, latitude in degrees (WGS 84)"
            )
    if kind in _AREAS:
        polygons = geometry["coordinates"] if kind == "MultiPolygon" else [geometry["coordinates"]]
        for ring in (ring for polygon in polygons for ring in polygon):
            if len(ring) < 4 or ring[0] != ring[-1]:
                raise _LayerError(
                    f"feature {n + 1} has a ring that is not closed", "the first point once more at the end"
                )


def _points(coordinates: Any, n: int) -> Iterator[tuple[float, float]]:
    if not isinstance(coordinates, list) or not coordinates:
        raise _LayerError(f"feature {n + 1} has no coordinates", "lists of longitude, latitude")
    if isinstance(coordinates[0], list):
        for one in coordinates:
            yield from _points(one, n)
        return
    if len(coordinates) < 2 or not all(type(one) in (int, float) and isfinite(one) for one in coordinates):
        raise _LayerError(
            f"feature {n + 1} has coordinates that are no numbers", "longitude, latitude in degrees (WGS 84)"
        )
    yield coordinates[0], coordinates[1]


def _served_coordinates(feature: dict[str, Any], box: BoundingBox | None) -> Any:
    coordinates = feature["geometry"]["coordinates"]
    return _rounded(push_edges_out(coordinates, box) if box else coordinates)


def _rounded(coordinates: Any) -> Any:
    if isinstance(coordinates[0], list):
        return [_rounded(one) for one in coordinates]
    return [round(one, 5) for one in coordinates[:2]]


def _property(feature: dict[str, Any], key: str) -> Any:
    properties = feature.get("properties")
    return properties.get(key) if isinstance(properties, dict) else None


def _check_units(where: Path, files: Iterable[_LayerFile], codes: Collection[str], faults: list[ConfigFault]) -> None:
    """Every unit has exactly one shape: a layer of another set of units would leave figures without a place."""
    given = [str(_property(one, "code")) for file in files if file.role.name == "units" for one in file.features]
    if not given:
        if not faults:
            right = "units*.geojson or communes*.geojson with the property code"
            faults.append(ConfigFault(str(where), 0, NO_UNITS, right))
        return
    told = (
        ("units without a shape", sorted(set(codes) - set(given))),
        ("shapes of no unit of units.yaml", sorted(set(given) - set(codes))),
        ("units with several shapes", sorted({code for code in given if given.count(code) > 1})),
    )
    for what, which in told:
        if which:
            shown = ", ".join(which[:5]) + (f", … ({len(which)} in all)" if len(which) > 5 else "")
            faults.append(ConfigFault(str(where), 0, f"{what}: {shown}", "one feature for each code of units.yaml"))


def _build_layers(files: list[_LayerFile], unused: tuple[str, ...]) -> MapLayers:
    order = [role.name for role in ROLES]
    files.sort(key=lambda one: (order.index(one.role.name), one.path.name))
    around = [pair for one in files if one.role.name == "units" for pair in one.points()]
    return MapLayers(
        tuple(one.to_layer() for one in files if one.role.name != "places"),
        _place_names(files),
        bounding_box(around) if around else EMPTY_MAP_LAYERS.bounds,
        any(one.document.get("schematic") is True for one in files),
        unused,
    )


def _place_names(files: Iterable[_LayerFile]) -> tuple[PlaceName, ...]:
    """The most important places of the city, by their rank."""
    places = [(one, file.credit) for file in files if file.role.name == "places" for one in file.features]
    inside = [one for one in places if _property(one[0], "inside") is not False and _property(one[0], "name")]
    inside.sort(key=lambda one: rank if isinstance(rank := _property(one[0], "rank"), int | float) else 99)
    return tuple(
        PlaceName(
            str(_property(one, "name")), one["geometry"]["coordinates"][0], one["geometry"]["coordinates"][1], credit
        )
        for one, credit in inside[:MAX_PLACE_NAMES]
    )
