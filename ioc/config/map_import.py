"""The city's own map layers: checked, simplified for screens, installed as a new set, and rolled back.

A set is a folder under `sets/`, named by the moment at which it was installed; the file `current` names the one in use.
A new set holds the given files and those of the set before that they do not replace: one layer can be renewed alone.
"""

import json
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ioc.config.errors import ConfigError, ConfigFault
from ioc.config.layer_errors import LayerCode, unreadable
from ioc.config.layers import ROLES, load
from ioc.config.outline_checks import area_deviations, check_geometries, simplify
from ioc.domain.base.durable_files import sync, write_durably
from ioc.domain.base.failure import Failure, FailureError, Parameter
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.geo.place import AdminUnit

CURRENT = "current"
SETS = "sets"


class NoMapSetError(FailureError):
    """No set of layers is in use."""


@dataclass(frozen=True, slots=True)
class InstalledMap:
    """A set that was installed: its folder, and notes about its files as failures of LayerCode."""

    folder: Path
    notes: Sequence[Failure] = field(default_factory=tuple)


def current_folder(map_dir: Path) -> Path | None:
    """The folder of the set in use, None for none. ConfigError where that cannot be read, or is not there."""
    try:
        text = (map_dir / CURRENT).read_text("utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError([ConfigFault(str(map_dir), 0, unreadable(error))]) from None
    folder = map_dir / SETS / text.strip()
    if not text or not folder.is_dir():
        raise ConfigError([ConfigFault(str(map_dir / CURRENT), 0, Failure(LayerCode.SET_LOST))])
    return folder if text.strip() else None


def install(map_dir: Path, paths: Iterable[Path], units: Mapping[str, AdminUnit], now: datetime) -> InstalledMap:
    """Checks `paths` and puts them in use under `map_dir`. ConfigError with all faults; nothing has changed then."""
    files = list(paths)
    faults, notes = list[ConfigFault](), list[Failure]()
    bodies = {path.name: _prepare_layer(path, units, faults, notes) for path in files}
    name = now.astimezone(CITY_ZONE).strftime("%Y%m%d-%H%M%S")
    unfinished, folder = map_dir / SETS / f".{name}", map_dir / SETS / name
    shutil.rmtree(unfinished, ignore_errors=True)
    previous = current_folder(map_dir)
    shutil.copytree(previous, unfinished) if previous else unfinished.mkdir(parents=True)
    for path in files:
        if bodies[path.name]:
            _replace_layer(unfinished, path.name, bodies[path.name])
    unread_roles = {_role_name(file_name) for file_name, body in bodies.items() if not body}
    reported = {(fault.file, _feature_number(fault)) for fault in faults}
    faults += _loading_faults(unfinished, None if "units" in unread_roles else units, reported)
    if faults:
        shutil.rmtree(unfinished)
        raise ConfigError(faults)
    for path in (*unfinished.iterdir(), unfinished):
        sync(path)
    unfinished.rename(folder)
    sync(map_dir / SETS)
    _set_current(map_dir, name)
    return InstalledMap(folder, tuple(notes))


def _loading_faults(
    folder: Path, units: Mapping[str, AdminUnit] | None, reported: Collection[tuple[str, Parameter | None]]
) -> list[ConfigFault]:
    """Why screens could not show the set as a whole. `units`: None where their layer cannot be read.

    `reported`: file and number of the features that have a fault already.
    """
    try:
        load(folder, units)
    except ConfigError as error:
        faults = [
            fault
            for fault in error.faults
            if _feature_number(fault) is None or (fault.file, _feature_number(fault)) not in reported
        ]
        faults = [replace(fault, file=SETS) if fault.file == str(folder) else fault for fault in faults]
        return [fault for fault in faults if units is not None or fault.failure.code != LayerCode.NO_UNITS_LAYER]
    return []


def _feature_number(fault: ConfigFault) -> Parameter | None:
    return fault.failure.params.get("feature")


def roll_back(map_dir: Path) -> Path | None:
    """Puts the set before the current one in use again; None when there was none: the schematic is shown then.

    NoMapSetError when no set is in use.
    """
    current = current_folder(map_dir)
    if current is None:
        raise NoMapSetError(LayerCode.NO_SET_IN_USE)
    names = (folder.name for folder in (map_dir / SETS).iterdir() if not folder.name.startswith("."))
    older = sorted(name for name in names if name < current.name)
    _set_current(map_dir, older[-1] if older else "")
    return current_folder(map_dir)


def _set_current(map_dir: Path, name: str) -> None:
    write_durably(map_dir / CURRENT, f"{name}\n".encode())


def _role_name(file_name: str) -> str:
    return next((role.name for role in ROLES if file_name.startswith(role.prefixes)), "")


def _replace_layer(folder: Path, name: str, body: str) -> None:
    """A layer of units, outline or context replaces all files of its role; others the file of their name."""
    if _role_name(name) in ("units", "outline", "context"):
        for old in folder.glob("*.geojson"):
            if _role_name(old.name) == _role_name(name):
                old.unlink()
    (folder / name).write_text(body, "utf-8")


def _prepare_layer(path: Path, units: Mapping[str, AdminUnit], faults: list[ConfigFault], notes: list[Failure]) -> str:
    """The layer as screens need it, "" when it cannot be read. `faults` and `notes` grow."""

    def fault(place: str, failure: Failure, suggestion: Failure) -> str:
        faults.append(ConfigFault(place, 0, failure, suggestion))
        return ""

    role = _role_name(path.name)
    if not path.is_file():
        return fault(str(path), Failure(LayerCode.FILE_MISSING), Failure(LayerCode.GIVE_GEOJSON_PATH))
    is_plain = path.name.isprintable() and "\\" not in path.name  # else no backup would take it
    if not role or path.suffix != ".geojson" or not is_plain:
        names = ", ".join(f"{role.prefixes[0]}*.geojson" for role in ROLES)
        return fault(path.name, Failure(LayerCode.UNKNOWN_ROLE), Failure(LayerCode.FILE_NAMES, {"names": names}))
    try:
        document: Any = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        return fault(path.name, unreadable(error), Failure(LayerCode.GEOJSON_IN_UTF8))
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        return fault(path.name, Failure(LayerCode.NOT_A_COLLECTION), Failure(LayerCode.COLLECTION_FORM))
    geometry_faults = check_geometries(path.name, features)
    if geometry_faults:
        faults += geometry_faults
        return json.dumps(document)  # nothing is installed, but the other checks report on it too
    if role == "units":
        notes += area_deviations(features, {code: unit.area_km2 for code, unit in units.items()})
    if not document.get("attribution"):
        notes.append(Failure(LayerCode.NO_ATTRIBUTION, {"file": path.name}))
    vertices, remaining, simplified = simplify(features, is_coverage=role == "units")
    params: dict[str, Parameter] = {
        "file": path.name, "features": len(features), "vertices": vertices, "remaining": remaining,
    }  # fmt: skip
    notes.append(Failure(LayerCode.SIMPLIFIED, params))
    return json.dumps({**document, "features": simplified}, ensure_ascii=False, separators=(",", ":"))
