"""Files of TT 10/2021/TT-BTNMT that the air station puts into a folder each five minutes."""

from datetime import datetime
from pathlib import Path

from ioc.domain.base.times import CITY_ZONE
from simulator.city import SimulatedFeed
from simulator.noise import hour_of

STATION, FOLDER = "MP_TRANOC", "tram"
INITIAL_FILES, MAX_FILES = 12, 72  # files that lie there at the start, and at most
_PARAMETERS = {"PM10": "pm10", "NO2": "no2", "SO2": "so2", "CO": "co", "O3": "o3"}
_CALIBRATED = (3.0, 3.25)  # hours between which PM10 is calibrated each night


def file_name(t: float) -> str:
    """The file of the moment `t`."""
    return f"{STATION}_{_stamp(t)}.txt"


def _stamp(t: float) -> str:
    return datetime.fromtimestamp(t, CITY_ZONE).strftime("%Y%m%d%H%M%S")


def body(feed: SimulatedFeed, seed: int, t: float) -> bytes:
    """Name, value, unit, time and status of each parameter, tabs between; a comma stands before the decimals."""
    rows = []
    for written, parameter in _PARAMETERS.items():
        value = feed.series_models[f"auto-tra-noc-{parameter}"].value_at(seed, t)
        first, last = _CALIBRATED
        status = "01" if parameter == "pm10" and first <= hour_of(t) < last else "00"
        rows.append("\t".join((written, f"{value:.1f}".replace(".", ","), "µg/m3", _stamp(t), status)))
    return ("\r\n".join(rows) + "\r\n").encode()


def write_files(
    folder: Path, feed: SimulatedFeed, seed: int, now: float, replacement: bytes | None = None
) -> list[Path]:
    """Puts the files of the last hour that are not there into `folder`, the newest anew (or `instead`); the old go."""
    folder.mkdir(exist_ok=True)
    newest, written = feed.observation_times.last(now), []
    for n in range(INITIAL_FILES - 1, -1, -1):
        t = newest - n * 300
        path = folder / file_name(t)
        if n and path.exists():
            continue
        half = folder / f".{path.name}.part"
        half.write_bytes(body(feed, seed, t) if replacement is None or n else replacement)
        half.replace(path)
        written.append(path)
    for old in sorted(folder.glob(f"{STATION}_*.txt"))[:-MAX_FILES]:
        old.unlink(missing_ok=True)
    return written
