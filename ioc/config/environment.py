"""The environment with its secrets filled in from files: NAME_FILE=/path stands for NAME."""

import logging
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from ioc.config.errors import ConfigFault
from ioc.domain.base.failure import ErrorCode, Failure
from ioc.domain.base.option_errors import ConfigValueError
from ioc.domain.base.system_errors import system_failure

log = logging.getLogger("ioc.environment")

ENVIRONMENT = "environment"  # the place of a fault of the environment
_FILE_SUFFIX = "_FILE"
_MAX_BYTES = 65_536
# Names of others that end so and stand for a path: their files are no secrets of ours.
_FOREIGN_NAMES = frozenset({"SSL_CERT_FILE", "XDG_CONFIG_FILE", "HISTFILE"})
_OWN_NAMES = re.compile(r"IOC_\w+|DATABASE_URL|HTTPS?_PROXY")
_SECRET = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)$", re.IGNORECASE)


class SettingsCode(ErrorCode):
    """What is wrong with the environment, and suggestions. Texts: components/messages/errors/settings.toml."""

    UNKNOWN_VARIABLE = "settings.unknown_variable"  # variable
    NUMBER_REJECTED = "settings.number_rejected"  # variable, value
    CHOICE_REJECTED = "settings.choice_rejected"  # variable, value
    FOLDER_MISSING = "settings.folder_missing"  # variable, value
    NOT_A_FOLDER = "settings.not_a_folder"  # variable, value
    UNKNOWN_DATABASE = "settings.unknown_database"
    UNUSABLE_DATABASE = "settings.unusable_database"
    VALUE_REJECTED = "settings.value_rejected"  # variable, value
    NETWORK_TOO_WIDE = "settings.network_too_wide"  # variable, value
    NOT_AN_ADDRESS = "settings.not_an_address"  # variable, value
    DATA_FOLDER_NOT_CREATED = "settings.data_folder_not_created"  # folder, cause
    DATA_FOLDER_READ_ONLY = "settings.data_folder_read_only"  # folder
    DATA_FOLDER_EXCHANGED = "settings.data_folder_exchanged"  # folder
    BEING_RESTORED = "settings.being_restored"  # folder
    # A secret from a file.
    SECRET_FILE = "settings.secret_file"  # variable, cause: one of those below
    SECRET_GIVEN_TWICE = "settings.secret_given_twice"  # variable
    SECRET_NOT_A_FILE = "settings.secret_not_a_file"
    SECRET_NOT_TEXT = "settings.secret_not_text"
    SECRET_EMPTY = "settings.secret_empty"
    # Suggestions.
    NUMBER_RANGE = "settings.number_range"  # low, high: as they are typed
    EXISTING_FOLDER = "settings.existing_folder"
    FOLDER_PATH = "settings.folder_path"
    DATABASE_URLS = "settings.database_urls"  # forms
    ADDRESS_FORMS = "settings.address_forms"
    WRITABLE_FOLDER = "settings.writable_folder"
    FORMER_FOLDER = "settings.former_folder"
    START_AFTER_RESTORE = "settings.start_after_restore"
    SECRET_KEY_KEPT = "settings.secret_key_kept"
    SECRET_KEY_FORM = "settings.secret_key_form"
    SECRET_FILE_FORM = "settings.secret_file_form"


def resolve_secret_files(environment: Mapping[str, str]) -> tuple[dict[str, str], list[ConfigFault]]:
    """`environment` with each NAME whose NAME_FILE can be read, without those NAME_FILE; and the faults.

    A file that cannot be read is a fault of a setting of the program; of any other name the row that needs it reports
    that it is not set.
    """
    resolved, faults = dict(environment), list[ConfigFault]()
    for file_variable, path in environment.items():
        name = file_variable.removesuffix(_FILE_SUFFIX)
        if name in ("", file_variable) or file_variable in _FOREIGN_NAMES or not path.strip():
            continue
        is_own, is_secret = _OWN_NAMES.fullmatch(name) is not None, _SECRET.search(name) is not None
        try:
            if environment.get(name, "").strip():
                raise ConfigValueError(SettingsCode.SECRET_GIVEN_TWICE, variable=name)
            resolved[name] = _read_secret(file_variable, Path(path.strip()), warn=is_own or is_secret)
            resolved.pop(file_variable)
        except ConfigValueError as error:
            if is_own:
                failure = Failure(SettingsCode.SECRET_FILE, {"variable": file_variable, "cause": error.failure})
                faults.append(ConfigFault(ENVIRONMENT, 0, failure, Failure(SettingsCode.SECRET_FILE_FORM)))
                resolved.pop(file_variable)
            elif is_secret:
                log.warning("%s: %s", file_variable, error)
    return resolved, faults


def _read_secret(variable: str, path: Path, *, warn: bool) -> str:
    """The first line. ConfigValueError, which never holds a word of the file."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise ConfigValueError(SettingsCode.SECRET_NOT_A_FILE)
        with path.open("rb") as file:
            body = file.read(_MAX_BYTES)
        text = body.decode("utf-8-sig").strip().partition("\n")[0].strip()
    except UnicodeDecodeError:
        raise ConfigValueError(SettingsCode.SECRET_NOT_TEXT) from None
    except OSError as error:
        raise ConfigValueError(system_failure(error)) from None
    if not text or not text.isprintable():
        raise ConfigValueError(SettingsCode.SECRET_EMPTY)
    if warn and mode & (stat.S_IRWXG | stat.S_IRWXO):
        log.warning("%s: others can read the file %s: chmod 600 it", variable, path)
    return text
