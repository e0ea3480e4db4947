"""webhooks.yaml: addresses of systems to which the acts that they may see are sent."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from ioc.config.errors import ConfigFault
from ioc.config.row_codes import RowCode
from ioc.config.rows import LocatedRow, Rows, check_unique
from ioc.config.schema.base import Row
from ioc.config.schema.field_types import Id, secret_name
from ioc.config.ssrf_check import private_host
from ioc.domain.base.failure import Failure
from ioc.domain.directives.webhook import Webhook
from ioc.net.url_origin import parse_origin

STEM = "webhooks"
_EXAMPLE = Failure(RowCode.ADDRESS_EXAMPLES, {"examples": "https://host/path"})


class WebhookRow(Row):
    """A row of webhooks.yaml. `system`: short name of its API key; `secret`: ${NAME} of the environment."""

    system: Id
    address: Annotated[str, Field(max_length=2000)]
    secret: Annotated[str, AfterValidator(secret_name), Field(min_length=1)]
    private: bool = False

    def to_domain(self) -> Webhook:
        """The webhook that the row describes."""
        return Webhook(self.system, self.address, self.secret, self.private)


def check(located: LocatedRow[WebhookRow]) -> list[ConfigFault]:
    """The address is one of https without a password; one of http, or a private one, where the row allows it."""
    row = located.row
    try:
        if "${" in row.address:  # nothing of the environment is filled in: the address is shown
            raise ValueError
        origin, has_user = parse_origin(row.address), urlsplit(row.address).username is not None
    except ValueError:
        return [located.fault(Failure(RowCode.ADDRESS_NOT_WEB), _EXAMPLE, "address")]
    if has_user:
        return [located.fault(Failure(RowCode.ADDRESS_PASSWORD), _EXAMPLE, "address")]
    if row.private:
        return []
    if host := private_host(row.address):
        failure = Failure(RowCode.PRIVATE_ADDRESS, {"host": host})
        return [located.fault(failure, Failure(RowCode.DECLARE_PRIVATE), "address")]
    return [] if origin.scheme == "https" else [located.fault(Failure(RowCode.ADDRESS_NOT_HTTPS), _EXAMPLE, "address")]


def to_webhooks(rows: Rows[WebhookRow]) -> Mapping[str, Webhook]:
    """By the short name of the API key."""
    return {located.row.system: located.row.to_domain() for located in rows}


def check_references(rows: Rows[WebhookRow]) -> list[ConfigFault]:
    """A system has one address."""
    return check_unique(rows, "system")
