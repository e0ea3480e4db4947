"""Where a row of sources may lead: into a house only when it says so."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from ioc.config.errors import ConfigFault
from ioc.config.located_rows import LocatedRow
from ioc.config.row_templates import resolve_address
from ioc.config.schema.base import SourceRow
from ioc.net.ssrf import is_public, parse_ip_literal

_SIMULATOR_PREFIX = "${SIMULATOR"  # the program's own city, at an address of this machine that the program itself sets


def is_private_allowed(row: SourceRow) -> bool:
    """Whether the row may lie on a private network or on this machine."""
    return row.private or row.address.startswith(_SIMULATOR_PREFIX)


def check_not_private(at: LocatedRow[SourceRow], environment: Mapping[str, str]) -> list[ConfigFault]:
    """An address that is a private one, in any spelling, stands only in a row that says so."""
    if not at.row.enabled or is_private_allowed(at.row):
        return []
    host = _host(resolve_address(at.row, environment))
    found = "127.0.0.1" if host == "localhost" else parse_ip_literal(host)
    if not found or is_public(found):
        return []
    return [at.fault(f"{host} lies on a private network", "private: true, when that is meant", "address")]


def check_address_form(at: LocatedRow[SourceRow], examples: Sequence[str]) -> list[ConfigFault]:
    """An address of none of the kinds of which its protocol gives examples, or that holds a password."""
    given = at.row.address
    if not (examples and at.row.enabled) or given.startswith("${"):
        return []
    right = " or ".join(examples)
    if given.partition("://")[0] not in {one.partition("://")[0] for one in examples}:
        return [at.fault(f"this is no address of {at.row.protocol}", f"right: {right}", "address")]
    if not _WITHOUT_PASSWORD.match(given):
        return [at.fault("the address holds a password", f"right: {right}", "address")]
    return []


# The password is absent, or the name of a secret.
_WITHOUT_PASSWORD = re.compile(r"[a-z]+://(?:[^/?#@:]*(?::\$\{\w+\})?@)?[^@]*$")


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
