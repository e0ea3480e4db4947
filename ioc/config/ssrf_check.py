"""Which addresses a row of sources may have: private ones only when the row allows it."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from ioc.config.errors import ConfigFault
from ioc.config.row_codes import RowCode
from ioc.config.row_templates import resolve_address
from ioc.config.rows import LocatedRow
from ioc.config.schema.base import SourceRow
from ioc.domain.base.failure import Failure
from ioc.net.ssrf import is_public, parse_ip_literal

_SIMULATOR_PREFIX = "${SIMULATOR"  # the simulated city, at an address of this machine that the program itself sets
# The password is absent, or the name of a secret.
_WITHOUT_PASSWORD = re.compile(r"[a-z]+://(?:[^/?#@:]*(?::\$\{\w+\})?@)?[^/?#@]*(?:[/?#]|$)")


def is_private_allowed(row: SourceRow) -> bool:
    """Whether the row may lie on a private network or on this machine."""
    return row.private or row.address.startswith(_SIMULATOR_PREFIX)


def check_not_private(located: LocatedRow[SourceRow], environment: Mapping[str, str]) -> list[ConfigFault]:
    """An address that is a private one, in any spelling, stands only in a row that allows it."""
    if not located.row.enabled or is_private_allowed(located.row):
        return []
    host = private_host(resolve_address(located.row, environment))
    if not host:
        return []
    failure = Failure(RowCode.PRIVATE_ADDRESS, {"host": host})
    return [located.fault(failure, Failure(RowCode.DECLARE_PRIVATE), "address")]


def private_host(address: str) -> str:
    """The host of `address` where it is a private one in any spelling, "" for a public one or a name."""
    host = _host(address)
    literal = "127.0.0.1" if host == "localhost" else parse_ip_literal(host)
    return host if literal and not is_public(literal) else ""


def check_address_form(located: LocatedRow[SourceRow], examples: Sequence[str]) -> list[ConfigFault]:
    """The address has the scheme of one of the protocol's `examples` and holds no password."""
    address = located.row.address
    if not (examples and located.row.enabled) or address.startswith("${"):
        return []
    suggestion = Failure(RowCode.ADDRESS_EXAMPLES, {"examples": ", ".join(examples)})
    if address.partition("://")[0] not in {example.partition("://")[0] for example in examples}:
        failure = Failure(RowCode.ADDRESS_FORM, {"protocol": located.row.protocol})
        return [located.fault(failure, suggestion, "address")]
    if not _WITHOUT_PASSWORD.match(address):
        return [located.fault(Failure(RowCode.ADDRESS_PASSWORD), suggestion, "address")]
    return []


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
