"""Places: the commune-level units of the city and the points on its map."""

from dataclasses import dataclass

from ioc.domain.base.localized_text import LocalizedText


@dataclass(frozen=True, slots=True)
class AdminUnit:
    """A commune-level unit. `lon`, `lat`: its centre, WGS 84. `former_province`: of before 01/07/2025."""

    code: str
    name: str
    kind: str  # phường, xã
    area_km2: float
    lon: float
    lat: float
    former_province: str = ""


@dataclass(frozen=True, slots=True)
class Station:
    """A point on the map that series belong to."""

    key: str
    name: LocalizedText
    kind: str  # water, rain, salinity, air, traffic, hospital, ...
    lon: float
    lat: float
    place: str = ""  # code of its unit
