"""Codes of what is wrong with the map's layers, what would be right, and what an import notes."""

import json

from ioc.config.errors import ConfigCode
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.system_errors import system_failure


class LayerCode(ErrorCode):
    """Texts: components/messages/errors/map_layers.toml. `feature`: number of a feature in its file, from 1."""

    FILE_MISSING = "map_layers.file_missing"
    UNKNOWN_ROLE = "map_layers.unknown_role"
    UNREADABLE = "map_layers.unreadable"  # cause
    NOT_JSON = "map_layers.not_json"  # line, column; external: what the JSON library says
    NESTED_TOO_DEEP = "map_layers.nested_too_deep"
    TOO_LARGE = "map_layers.too_large"  # megabytes
    NOT_A_COLLECTION = "map_layers.not_a_collection"
    NO_FEATURES = "map_layers.no_features"
    GEOMETRY_TYPE = "map_layers.geometry_type"  # feature, type
    OUTSIDE_VIETNAM = "map_layers.outside_vietnam"  # feature, lon, lat
    RING_NOT_CLOSED = "map_layers.ring_not_closed"  # feature
    NO_COORDINATES = "map_layers.no_coordinates"  # feature
    COORDINATES_NOT_NUMBERS = "map_layers.coordinates_not_numbers"  # feature
    NO_SHAPE = "map_layers.no_shape"  # feature
    SHAPE_EMPTY = "map_layers.shape_empty"  # feature, name
    SHAPE_CROSSES_ITSELF = "map_layers.shape_crosses_itself"  # feature, name; external: what GEOS says
    SHAPE_INVALID = "map_layers.shape_invalid"  # feature, name; external: what GEOS says
    MORE_FEATURES_WRONG = "map_layers.more_features_wrong"  # n, shown
    NO_UNITS_LAYER = "map_layers.no_units_layer"
    UNITS_WITHOUT_SHAPE = "map_layers.units_without_shape"  # n, codes
    SHAPES_WITHOUT_UNIT = "map_layers.shapes_without_unit"  # n, codes
    UNITS_WITH_SEVERAL_SHAPES = "map_layers.units_with_several_shapes"  # n, codes
    NO_SET_IN_USE = "map_layers.no_set_in_use"
    SET_LOST = "map_layers.set_lost"
    # Suggestions.
    GIVE_GEOJSON_PATH = "map_layers.give_geojson_path"
    FILE_NAMES = "map_layers.file_names"  # names
    GEOJSON_IN_UTF8 = "map_layers.geojson_in_utf8"
    SIMPLIFIED_LAYER = "map_layers.simplified_layer"
    COLLECTION_FORM = "map_layers.collection_form"
    AT_LEAST_ONE_FEATURE = "map_layers.at_least_one_feature"
    GEOMETRY_TYPES = "map_layers.geometry_types"  # role, types
    DEGREES = "map_layers.degrees"
    COORDINATE_LISTS = "map_layers.coordinate_lists"
    CLOSE_THE_RING = "map_layers.close_the_ring"
    RING_OF_FOUR_POINTS = "map_layers.ring_of_four_points"
    RINGS_WITHOUT_CROSSING = "map_layers.rings_without_crossing"
    UNITS_FILES = "map_layers.units_files"
    ONE_FEATURE_PER_UNIT = "map_layers.one_feature_per_unit"
    # Notes of an import.
    NO_ATTRIBUTION = "map_layers.no_attribution"  # file
    SIMPLIFIED = "map_layers.simplified"  # file, features, vertices, remaining
    AREA_DEVIATION = "map_layers.area_deviation"  # code, name, drawn, official: km²; percent
    MORE_AREA_DEVIATIONS = "map_layers.more_area_deviations"  # n


def unreadable(error: OSError | ValueError | RecursionError) -> Failure:
    """Why a layer's file cannot be read as JSON in UTF-8."""
    match error:
        case OSError():
            cause = system_failure(error)
        case UnicodeDecodeError():
            cause = Failure(ConfigCode.NOT_UTF8)
        case json.JSONDecodeError():
            cause = Failure(LayerCode.NOT_JSON, {"line": error.lineno, "column": error.colno}, external=error.msg)
        case RecursionError():
            cause = Failure(LayerCode.NESTED_TOO_DEEP)
        case _:
            cause = Failure(ConfigCode.INVALID_VALUE, {"value": "…"}, external=str(error)[:120])
    return Failure(LayerCode.UNREADABLE, {"cause": cause})
