"""Series of the sources that only the profile `protocols` has: one source for each further protocol."""

from functools import partial

from simulator.noise import smooth_noise
from simulator.series_model import SeriesModel
from simulator.tide import level

AIR_STATIONS = ("ct01", "ct02")  # NGSI entities
OPENAQ_STATION = 9201
KIWIS_SERIES = {"9001": "kiwis-level", "9002": "kiwis-rain"}  # ts_id -> series
WATERML_VARIABLES = {"00065": "waterml-level", "00060": "waterml-discharge"}  # code of the variable -> series
INSTANCES = ("web-1", "db-1")  # hosts that Prometheus scrapes


def _around(name: str, mean: float, width: float, seed: int, t: float) -> float:
    """A value that changes slowly within `mean` ± `width`."""
    return mean + width * smooth_noise(seed, name, t, 5400)


def _model(name: str, mean: float, width: float, decimals: int, unit: str) -> SeriesModel:
    return SeriesModel(partial(_around, name, mean, width), decimals, unit)


def _level(delay: float, seed: int, t: float) -> float:
    return level(seed, t - delay) + 0.02 * smooth_noise(seed, "protocol-level", t, 1800)


def _up(seed: int, t: float) -> float:
    return 1.0


def ngsi_models() -> dict[str, SeriesModel]:
    """Fine dust and humidity of each station."""
    models = {f"ngsi-pm25-{station}": _model(f"ngsi-pm25-{station}", 24, 15, 1, "µg/m³") for station in AIR_STATIONS}
    return models | {
        f"ngsi-humidity-{station}": _model(f"ngsi-humidity-{station}", 76, 14, 0, "%") for station in AIR_STATIONS
    }


def openaq_models() -> dict[str, SeriesModel]:
    """Hourly fine dust and nitrogen dioxide of one station."""
    return {
        "openaq-pm25": _model("openaq-pm25", 22, 14, 1, "µg/m³"),
        "openaq-no2": _model("openaq-no2", 18, 9, 1, "µg/m³"),
    }


def kiwis_models() -> dict[str, SeriesModel]:
    """Level and rain of one gauge."""
    return {
        "kiwis-level": SeriesModel(partial(_level, 2400.0), 3, "m"),
        "kiwis-rain": _model("kiwis-rain", 1.5, 1.5, 1, "mm"),
    }


def waterml_models() -> dict[str, SeriesModel]:
    """Level and discharge of one gauge."""
    return {
        "waterml-level": SeriesModel(partial(_level, 4800.0), 2, "m"),
        "waterml-discharge": _model("waterml-discharge", 900, 350, 0, "m³/s"),
    }


def prometheus_models() -> dict[str, SeriesModel]:
    """Load of each host; whether the portal answers."""
    models = {f"prometheus-load-{instance}": _model(instance, 1.2, 0.9, 2, "") for instance in INSTANCES}
    return models | {"prometheus-up-portal": SeriesModel(_up, 0, "")}


def mqtt_models() -> dict[str, SeriesModel]:
    """Level in cm and water temperature, published by one gateway."""
    return {
        "mqtt-level": SeriesModel(lambda seed, t: 100 * _level(7200.0, seed, t), 1, "cm"),
        "mqtt-temperature": _model("mqtt-temperature", 29, 2, 1, "°C"),
    }


def sql_models() -> dict[str, SeriesModel]:
    """Free beds by ward, as rows of a hospital's database."""
    return {f"sql-beds-{ward}": _model(f"sql-beds-{ward}", 30, 18, 0, "giường") for ward in ("noi", "ngoai", "nhi")}
