"""The map's layers: the city's own GeoJSON folder where one is given, our schematic otherwise."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from ioc.config.errors import ConfigError, ConfigFault
from ioc.config.layer_edges import BoundingBox, bounding_box, push_edges_out
from ioc.config.layer_errors import LayerCode, unreadable
from ioc.domain.base.failure import Failure
from ioc.domain.geo.map_layers import EMPTY_MAP_LAYERS, MapLayer, MapLayers, PlaceName
from ioc.domain.geo.unit_index import EMPTY_UNIT_INDEX, UnitIndex

SCHEMATIC = Path(__file__).parents[2] / "config" / "cantho" / "map"
URL_PREFIX = "/geo/"
MAX_BYTES = 20_000_000
MAX_REPORTED = 20  # wrong features of a file that are listed; of more only their number is
# Bounds of a map of a city of Vietnam; outside, longitude and latitude were swapped or are metres.
_WEST, _SOUTH, _EAST, _NORTH = 100.0, 4.0, 118.0, 24.0

_AREAS, _LINES, _POINTS = ("Polygon", "MultiPolygon"), ("LineString", "MultiLineString"), ("Point",)


class LayerRole(NamedTuple):
    """What a file shows, by the start of its name; which geometries it may hold; which properties are served."""

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
MAX_PLACE_NAMES = 12  # place names: enough to find one's way, few enough never to collide


def load(folder: Path | None, codes: Collection[str] | None) -> MapLayers:
    """The layers of `folder`, else the schematic. ConfigError with all faults.

    `codes`: those of units.yaml; None where that could not be read: they are not checked then.
    """
    source_folder, faults = folder or SCHEMATIC, list[ConfigFault]()
    files, unused = [], []
    for path in sorted(source_folder.glob("*.geojson")):
        role = next((role for role in ROLES if path.stem.startswith(role.prefixes)), None)
        if role is None:
            unused.append(path.name)
            continue
        file = _LayerFile(path, role, faults)
        if file.features:
            files.append(file)
    if codes is not None:
        _check_units(source_folder, files, codes, faults)
    if faults:
        raise ConfigError(faults)
    return _build_layers(files, tuple(unused))


def unit_index(layers: MapLayers) -> UnitIndex:
    """Index of the units' outlines; empty for a schematic, whose outlines are not the units' borders."""
    if layers.is_schematic:
        return EMPTY_UNIT_INDEX
    features = [feature for layer in layers.by_role("units") for feature in json.loads(layer.body)["features"]]
    return UnitIndex((str(feature["properties"]["code"]), _polygons(feature["geometry"])) for feature in features)


def _polygons(geometry: dict[str, Any]) -> list[list[list[list[float]]]]:
    polygons: list[list[list[list[float]]]] = geometry["coordinates"]
    return polygons if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]


class _LayerFile:
    """A file as it was read. What is wrong with it goes into `faults`; `features` is empty then."""

    def __init__(self, path: Path, role: LayerRole, faults: list[ConfigFault]) -> None:
        self.path, self.role, self.faults = path, role, faults
        self.document: dict[str, Any] = {}
        self.features: list[dict[str, Any]] = []
        try:
            self._read()
        except _LayerError as error:
            self.features = []
            faults.append(ConfigFault(path.name, 0, error.failure, error.suggestion))
        except (OSError, ValueError, RecursionError) as error:
            faults.append(ConfigFault(path.name, 0, unreadable(error), Failure(LayerCode.GEOJSON_IN_UTF8)))

    def _read(self) -> None:
        if self.path.stat().st_size > MAX_BYTES:
            failure = Failure(LayerCode.TOO_LARGE, {"megabytes": MAX_BYTES // 1_000_000})
            raise _LayerError(failure, LayerCode.SIMPLIFIED_LAYER)
        self.document = json.loads(self.path.read_text("utf-8-sig"))
        if not isinstance(self.document, dict) or self.document.get("type") != "FeatureCollection":
            raise _LayerError(Failure(LayerCode.NOT_A_COLLECTION), LayerCode.COLLECTION_FORM)
        features = self.document.get("features")
        if not isinstance(features, list) or not features:
            raise _LayerError(Failure(LayerCode.NO_FEATURES), LayerCode.AT_LEAST_ONE_FEATURE)
        errors = [error for n, feature in enumerate(features, 1) if (error := _feature_error(n, feature, self.role))]
        if not errors:
            self.features = features
        name = self.path.name
        self.faults += (ConfigFault(name, 0, error.failure, error.suggestion) for error in errors[:MAX_REPORTED])
        if len(errors) > MAX_REPORTED:
            params = {"n": len(errors), "shown": MAX_REPORTED}
            self.faults.append(ConfigFault(name, 0, Failure(LayerCode.MORE_FEATURES_WRONG, params)))

    @property
    def shape(self) -> str:
        geometry_type = self.features[0]["geometry"]["type"]
        return next(shape for shape, types in self.role.geometry_types.items() if geometry_type in types)

    @property
    def credit(self) -> str:
        return str(self.document.get("attribution") or "").strip()

    def points(self) -> list[tuple[float, float]]:
        return [pair for feature in self.features for pair in _points(feature["geometry"]["coordinates"], 0)]

    def to_layer(self) -> MapLayer:
        """As screens fetch it: only the properties of its role, coordinates to a metre."""
        box = bounding_box(self.points()) if self.role.name == "context" else None
        features = [
            {
                "type": "Feature",
                "properties": {
                    key: value for key in self.role.properties if (value := _property(feature, key)) is not None
                },
                "geometry": {"type": feature["geometry"]["type"], "coordinates": _served_coordinates(feature, box)},
            }
            for feature in self.features
        ]
        text = json.dumps(
            {"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":")
        )
        body = text.encode()
        href = f"{URL_PREFIX}{self.path.stem}.v1m{sha256(body).hexdigest()[:12]}.geojson"
        return MapLayer(self.path.stem, self.role.name, self.shape, href, body, self.credit)


class _LayerError(Exception):
    """What is wrong with a layer or a feature, and what would be right."""

    def __init__(self, failure: Failure, suggestion: LayerCode, **params: str) -> None:
        super().__init__(str(failure))
        self.failure, self.suggestion = failure, Failure(suggestion, params)


def _feature_error(n: int, feature: Any, role: LayerRole) -> _LayerError | None:
    """The first thing that is wrong with feature number `n`; None for nothing."""
    try:
        _check_feature(n, feature, role)
    except _LayerError as error:
        return error
    return None


def _check_feature(n: int, feature: Any, role: LayerRole) -> None:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    types = [name for names in role.geometry_types.values() for name in names]
    geometry_type = geometry.get("type") if isinstance(geometry, dict) else None
    if geometry_type not in types:
        failure = Failure(LayerCode.GEOMETRY_TYPE, {"feature": n, "type": str(geometry_type)})
        raise _LayerError(failure, LayerCode.GEOMETRY_TYPES, role=role.name, types=", ".join(types))
    assert isinstance(geometry, dict)
    for lon, lat in _points(geometry.get("coordinates"), n):
        if not (_WEST <= lon <= _EAST and _SOUTH <= lat <= _NORTH):
            failure = Failure(LayerCode.OUTSIDE_VIETNAM, {"feature": n, "lon": float(lon), "lat": float(lat)})
            raise _LayerError(failure, LayerCode.DEGREES)
    if geometry_type in _AREAS:
        is_multiple = geometry_type == "MultiPolygon"
        polygons = geometry["coordinates"] if is_multiple else [geometry["coordinates"]]
        for ring in (ring for polygon in polygons for ring in polygon):
            if len(ring) < 4 or ring[0] != ring[-1]:
                raise _LayerError(Failure(LayerCode.RING_NOT_CLOSED, {"feature": n}), LayerCode.CLOSE_THE_RING)


def _points(coordinates: Any, n: int) -> Iterator[tuple[float, float]]:
    if not isinstance(coordinates, list) or not coordinates:
        raise _LayerError(Failure(LayerCode.NO_COORDINATES, {"feature": n}), LayerCode.COORDINATE_LISTS)
    if isinstance(coordinates[0], list):
        for part in coordinates:
            yield from _points(part, n)
        return
    if len(coordinates) < 2 or not all(type(number) in (int, float) and isfinite(number) for number in coordinates):
        raise _LayerError(Failure(LayerCode.COORDINATES_NOT_NUMBERS, {"feature": n}), LayerCode.DEGREES)
    yield coordinates[0], coordinates[1]


def _served_coordinates(feature: dict[str, Any], box: BoundingBox | None) -> Any:
    coordinates = feature["geometry"]["coordinates"]
    return _rounded(push_edges_out(coordinates, box) if box else coordinates)


def _rounded(coordinates: Any) -> Any:
    if isinstance(coordinates[0], list):
        return [_rounded(part) for part in coordinates]
    return [round(number, 5) for number in coordinates[:2]]


def _property(feature: dict[str, Any], key: str) -> Any:
    properties = feature.get("properties")
    return properties.get(key) if isinstance(properties, dict) else None


def _check_units(folder: Path, files: Iterable[_LayerFile], codes: Collection[str], faults: list[ConfigFault]) -> None:
    """Every unit has exactly one shape: a layer of another set of units would leave figures without a place."""
    drawn = [
        str(_property(feature, "code")) for file in files if file.role.name == "units" for feature in file.features
    ]
    if not drawn:
        if not faults:
            failure, suggestion = Failure(LayerCode.NO_UNITS_LAYER), Failure(LayerCode.UNITS_FILES)
            faults.append(ConfigFault(str(folder), 0, failure, suggestion))
        return
    wrong_codes = (
        (LayerCode.UNITS_WITHOUT_SHAPE, sorted(set(codes) - set(drawn))),
        (LayerCode.SHAPES_WITHOUT_UNIT, sorted(set(drawn) - set(codes))),
        (LayerCode.UNITS_WITH_SEVERAL_SHAPES, sorted({unit for unit in drawn if drawn.count(unit) > 1})),
    )
    for code, units in wrong_codes:
        if units:
            listed = ", ".join(units[:5]) + (", …" if len(units) > 5 else "")
            failure = Failure(code, {"n": len(units), "codes": listed})
            faults.append(ConfigFault(str(folder), 0, failure, Failure(LayerCode.ONE_FEATURE_PER_UNIT)))


def _build_layers(files: list[_LayerFile], unused: tuple[str, ...]) -> MapLayers:
    order = [role.name for role in ROLES]
    files.sort(key=lambda file: (order.index(file.role.name), file.path.name))
    unit_points = [pair for file in files if file.role.name == "units" for pair in file.points()]
    return MapLayers(
        tuple(file.to_layer() for file in files if file.role.name != "places"),
        _place_names(files),
        bounding_box(unit_points) if unit_points else EMPTY_MAP_LAYERS.bounds,
        any(file.document.get("schematic") is True for file in files),
        unused,
    )


def _place_names(files: Iterable[_LayerFile]) -> tuple[PlaceName, ...]:
    """The most important places of the city, by their rank."""
    places = [(feature, file.credit) for file in files if file.role.name == "places" for feature in file.features]
    inside = [place for place in places if _property(place[0], "inside") is not False and _property(place[0], "name")]
    inside.sort(key=lambda place: _rank(place[0]))
    return tuple(
        PlaceName(str(_property(feature, "name")), lon, lat, credit)
        for feature, credit in inside[:MAX_PLACE_NAMES]
        for lon, lat in _points(feature["geometry"]["coordinates"], 0)
    )


def _rank(place: dict[str, Any]) -> float:
    rank = _property(place, "rank")
    return rank if isinstance(rank, int | float) else 99
