"""Where a row of sources may lead: into a house only when it says so."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from config.expand import address
from config.faults import Fault
from config.row_list import At
from config.rows import SourceRow
from domain.house import is_public, literal

_OWN = "${SIMULATOR"  # the program's own city, at an address of this machine that the program itself sets


def private(row: SourceRow) -> bool:
    """Whether the row may lie on a private network or on this machine."""
    return row.private or row.address.startswith(_OWN)


def barred(at: At[SourceRow], environment: Mapping[str, str]) -> list[Fault]:
    """An address that is a private one, in any spelling, stands only in a row that says so."""
    if not at.row.enabled or private(at.row):
        return []
    host = _host(address(at.row, environment))
    found = "127.0.0.1" if host == "localhost" else literal(host)
    if not found or is_public(found):
        return []
    return [at.fault(f"{host} lies on a private network", "private: true, when that is meant", "address")]


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
