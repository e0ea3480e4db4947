"""The city's own map layers: checked, simplified for screens, laid down as a new set, and undone.

A set is a folder under `sets/`, named by the moment at which it was laid; the file `current` names the one in use. A
new set holds the given files and those of the set before that they do not replace: one layer can be renewed alone.
"""

import json
import re
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ioc.config.errors import ConfigError, ConfigFault
from ioc.config.layers import NO_COLLECTION, NO_UNITS, ROLES, load
from ioc.config.outline_checks import area_deviations, check_geometries, simplify
from ioc.domain.base.times import CITY_ZONE
from ioc.domain.geo.place import AdminUnit

CURRENT = "current"
SETS = "sets"


@dataclass(frozen=True, slots=True)
class InstalledMap:
    """A set that was laid: its folder, and what was noticed about it, as sentences."""

    folder: Path
    notes: Sequence[str] = field(default_factory=tuple)


def current_folder(map_dir: Path) -> Path | None:
    """The folder of the set in use, None for none."""
    try:
        name = (map_dir / CURRENT).read_text("utf-8").strip()
    except FileNotFoundError:
        return None
    folder = map_dir / SETS / name
    return folder if name and folder.is_dir() else None


def install(map_dir: Path, paths: Iterable[Path], units: Mapping[str, AdminUnit], now: datetime) -> InstalledMap:
    """Checks `paths` and puts them in use under `home`. Faults, all at once, and nothing has changed then."""
    given = list(paths)
    faults, notes = list[ConfigFault](), list[str]()
    drawn = {path.name: _prepare_layer(path, units, faults, notes) for path in given}
    name = now.astimezone(CITY_ZONE).strftime("%Y%m%d-%H%M%S")
    half, folder = map_dir / SETS / f".{name}", map_dir / SETS / name
    shutil.rmtree(half, ignore_errors=True)
    before = current_folder(map_dir)
    shutil.copytree(before, half) if before else half.mkdir(parents=True)
    for path in given:
        if drawn[path.name]:
            _replace_layer(half, path.name, drawn[path.name])
    lost = {_role_name(name) for name, body in drawn.items() if not body}
    faults += _loading_faults(
        half, None if "units" in lost else units, {(one.file, _feature_prefix(one)) for one in faults}
    )
    if faults:
        shutil.rmtree(half)
        raise ConfigError(faults)
    half.rename(folder)
    _set_current(map_dir, name)
    return InstalledMap(folder, tuple(notes))


def _loading_faults(
    folder: Path, units: Mapping[str, AdminUnit] | None, reported: Collection[tuple[str, str]]
) -> list[ConfigFault]:
    """Why screens could not show the set as a whole; `units` None where their layer cannot be read.

    `told`: the files' features that something was said of already.
    """
    try:
        load(folder, units)
    except ConfigError as wrong:
        found = [
            one for one in wrong.faults if (one.file, _feature_prefix(one)) not in reported or not _feature_prefix(one)
        ]
        named = [replace(one, file=SETS) if one.file == str(folder) else one for one in found]
        return [one for one in named if units is not None or one.message != NO_UNITS]
    return []


def _feature_prefix(fault: ConfigFault) -> str:
    """Of which feature it tells, "" for none."""
    found = re.match(r"feature \d+ ", fault.message)
    return found[0] if found else ""


def roll_back(map_dir: Path) -> Path | None:
    """Puts the set before the current one in use again; None when there was none: the schematic is shown then.

    ValueError when no set is in use.
    """
    used = current_folder(map_dir)
    if used is None:
        raise ValueError("no set is in use")
    older = sorted(
        one.name for one in (map_dir / SETS).iterdir() if one.name < used.name and not one.name.startswith(".")
    )
    _set_current(map_dir, older[-1] if older else "")
    return current_folder(map_dir)


def _set_current(map_dir: Path, name: str) -> None:
    half = map_dir / f".{CURRENT}"
    half.write_text(name + "\n", "utf-8")
    half.replace(map_dir / CURRENT)


def _role_name(name: str) -> str:
    return next((one.name for one in ROLES if name.startswith(one.prefixes)), "")


def _replace_layer(folder: Path, name: str, body: str) -> None:
    """A layer takes the place of all files of its role that have its name, or of the one that names the same thing."""
    if _role_name(name) in ("units", "outline", "context"):
        for old in folder.glob("*.geojson"):
            if _role_name(old.name) == _role_name(name):
                old.unlink()
    (folder / name).write_text(body, "utf-8")


def _prepare_layer(path: Path, units: Mapping[str, AdminUnit], faults: list[ConfigFault], notes: list[str]) -> str:
    """The layer as screens need it; `faults` and `notes` grow by what is wrong and what was noticed."""
    role = _role_name(path.name)
    if not path.is_file():
        faults.append(ConfigFault(str(path), 0, "there is no such file", "a path to a GeoJSON file"))
        return ""
    if not role or path.suffix != ".geojson":
        begins = ", ".join(f"{one.prefixes[0]}*.geojson" for one in ROLES)
        faults.append(ConfigFault(path.name, 0, "its name says no layer", f"one of {begins}"))
        return ""
    try:
        top: Any = json.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)[:120]
        faults.append(ConfigFault(path.name, 0, f"it cannot be read: {why}", "GeoJSON in UTF-8"))
        return ""
    features = top.get("features") if isinstance(top, dict) else None
    if not isinstance(features, list):
        faults.append(ConfigFault(path.name, 0, *NO_COLLECTION))
        return ""
    found = check_geometries(path.name, features)
    if found:
        faults += found
        return json.dumps(top)  # nothing is laid now; what else is wrong with it is told too
    if role == "units":
        notes += area_deviations(features, {code: unit.area_km2 for code, unit in units.items()})
    if not top.get("attribution"):
        notes.append(f"{path.name}: it names nobody to whom it is owed (attribution)")
    before, after, kept = simplify(features, is_coverage=role == "units")
    notes.append(f"{path.name}: {len(features)} features, {before} corners, {after} kept")
    return json.dumps({**top, "features": kept}, ensure_ascii=False, separators=(",", ":"))
