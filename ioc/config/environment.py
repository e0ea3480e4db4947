"""The environment with its secrets filled in from files: NAME_FILE=/path stands for NAME."""

import logging
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from ioc.config.errors import ConfigFault

log = logging.getLogger("ioc.environment")

_FILE_SUFFIX = "_FILE"
_MAX_BYTES = 65_536
# Names of others that end so and stand for a path: their files are no secrets of ours.
_FOREIGN_NAMES = frozenset({"SSL_CERT_FILE", "XDG_CONFIG_FILE", "HISTFILE"})
_OWN_NAMES = re.compile(r"IOC_\w+|DATABASE_URL|HTTPS?_PROXY")
_SECRET = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)$", re.IGNORECASE)


def resolve_secret_files(environment: Mapping[str, str]) -> tuple[dict[str, str], list[ConfigFault]]:
    """`given` with each NAME whose NAME_FILE names a file that can be read, without those NAME_FILE; what is wrong.

    A file that cannot be read is a fault of a setting; of any other name the row that wants it says that it is not set.
    """
    found, faults = dict(environment), list[ConfigFault]()
    for file_name, path in environment.items():
        name = file_name.removesuffix(_FILE_SUFFIX)
        if name in ("", file_name) or file_name in _FOREIGN_NAMES or not path.strip():
            continue
        ours, secret = _OWN_NAMES.fullmatch(name) is not None, _SECRET.search(name) is not None
        try:
            if environment.get(name, "").strip():
                raise ValueError(f"{name} is set too")
            found[name] = _read_secret(file_name, Path(path.strip()), warn=ours or secret)
            found.pop(file_name)
        except ValueError as error:
            if ours:
                faults.append(ConfigFault("environment", 0, f"{file_name}: {error}", _HINT))
                found.pop(file_name)
            elif secret:
                log.warning("%s: %s", file_name, error)
    return found, faults


_HINT = "a file that this user can read, with the secret in its first line; or the secret itself, not both"


def _read_secret(name: str, path: Path, *, warn: bool) -> str:
    """The first line. ValueError, which never holds a word of the file."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise ValueError("the path is not one of a file")
        with path.open("rb") as file:
            body = file.read(_MAX_BYTES)
        text = body.decode("utf-8-sig").strip().partition("\n")[0].strip()
    except UnicodeDecodeError:
        raise ValueError("the file is no text") from None
    except OSError as error:
        raise ValueError(f"the file cannot be read: {error.strerror}") from None
    if not text or not text.isprintable():
        raise ValueError("the file holds no secret")
    if warn and mode & (stat.S_IRWXG | stat.S_IRWXO):
        log.warning("%s: others can read the file %s: chmod 600 it", name, path)
    return text
