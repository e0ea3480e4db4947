"""The data folder of an installation, and the files in it that `run` prepares once for all its processes."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from ioc.config.environment import ENVIRONMENT, SettingsCode
from ioc.config.errors import ConfigError, ConfigFault
from ioc.domain.base.failure import Failure
from ioc.domain.base.system_errors import system_failure

# Variable by which `run` names the files to its children. Without IOC_: that prefix is for settings.
PREPARED_FILES = "PREPARED_FILES"


def create_data_folder(data: Path) -> None:
    """Creates the data folder where there is none. ConfigError when that is impossible, or it is read-only."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        failure = Failure(SettingsCode.DATA_FOLDER_NOT_CREATED, {"folder": str(data), "cause": system_failure(error)})
        raise environment_error(failure, SettingsCode.WRITABLE_FOLDER) from None
    if not os.access(data, os.W_OK | os.X_OK):
        failure = Failure(SettingsCode.DATA_FOLDER_READ_ONLY, {"folder": str(data)})
        raise environment_error(failure, SettingsCode.WRITABLE_FOLDER)


def prepared_files(paths: Iterable[Path]) -> str:
    """The value of PREPARED_FILES for what `run` has prepared.

    Of each its number (inode), without that of its device, which changes when a disk is mounted again.
    """
    return json.dumps({str(path): _number(path) for path in paths})


def refuse_other_files(environment: Mapping[str, str], data: Path) -> None:
    """ConfigError in a child of `run` that does not find the files that `run` has prepared.

    It would make a new store where a disk was unmounted or a folder moved: what that acknowledges is lost when the
    folder is back.
    """
    prepared = json.loads(environment.get(PREPARED_FILES, "{}"))
    if any(_number(Path(path)) != number for path, number in prepared.items()):
        failure = Failure(SettingsCode.DATA_FOLDER_EXCHANGED, {"folder": str(data)})
        raise environment_error(failure, SettingsCode.FORMER_FOLDER)


def environment_error(failure: Failure, suggestion: SettingsCode) -> ConfigError:
    """The error of one fault of the environment."""
    return ConfigError([ConfigFault(ENVIRONMENT, 0, failure, Failure(suggestion))])


def _number(path: Path) -> int:
    """0 where there is none."""
    try:
        return path.stat().st_ino
    except OSError:
        return 0
