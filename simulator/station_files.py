"""Files of TT 10/2021/TT-BTNMT that the air station puts into a folder each five minutes."""

from datetime import datetime
from pathlib import Path

from ioc.domain.base.times import CITY
from simulator.chance import hour_of
from simulator.city import Feed

STATION, FOLDER = "MP_TRANOC", "tram"
AT_FIRST, KEPT = 12, 72  # files that lie there at the start, and at most
_PARAMETERS = {"PM10": "pm10", "NO2": "no2", "SO2": "so2", "CO": "co", "O3": "o3"}
_CALIBRATED = (3.0, 3.25)  # hours between which PM10 is calibrated each night


def name(t: float) -> str:
    """The file of the moment `t`."""
    return f"{STATION}_{_stamp(t)}.txt"


def _stamp(t: float) -> str:
    return datetime.fromtimestamp(t, CITY).strftime("%Y%m%d%H%M%S")


def body(feed: Feed, seed: int, t: float) -> bytes:
    """Name, value, unit, time and status of each parameter, tabs between; a comma stands before the decimals."""
    rows = []
    for written, parameter in _PARAMETERS.items():
        value = feed.lines[f"auto-tra-noc-{parameter}"].at(seed, t)
        first, last = _CALIBRATED
        status = "01" if parameter == "pm10" and first <= hour_of(t) < last else "00"
        rows.append("\t".join((written, f"{value:.1f}".replace(".", ","), "µg/m3", _stamp(t), status)))
    return ("\r\n".join(rows) + "\r\n").encode()


def drop(folder: Path, feed: Feed, seed: int, now: float, instead: bytes | None = None) -> list[Path]:
    """Puts the files of the last hour that are not there into `folder`, the newest anew (or `instead`); the old go."""
    folder.mkdir(parents=True, exist_ok=True)
    newest, made = feed.grid.last(now), []
    for n in range(AT_FIRST - 1, -1, -1):
        t = newest - n * 300
        path = folder / name(t)
        if n and path.exists():
            continue
        half = folder / f".{path.name}.part"
        half.write_bytes(body(feed, seed, t) if instead is None or n else instead)
        half.replace(path)
        made.append(path)
    for old in sorted(folder.glob(f"{STATION}_*.txt"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return made
