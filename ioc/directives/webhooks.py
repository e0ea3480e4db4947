"""What administrators see of the systems that are told of acts by webhook."""

from collections.abc import Mapping
from dataclasses import dataclass

from ioc.directives.context import DirectiveContext
from ioc.domain.access.permissions import Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.directives.webhook import Webhook, WebhookState
from ioc.storage.directives import webhooks


@dataclass(frozen=True, slots=True)
class WebhookView:
    """A webhook and how far its system was told; `state`: None where it was never looked at."""

    webhook: Webhook
    state: WebhookState | None


def list_webhooks(context: DirectiveContext, principal: Principal) -> Mapping[str, WebhookView]:
    """Those of the configuration, by the short name of their API key. PermissionDeniedError; StoreError."""
    require(principal, Action.ADMINISTER)
    if not context.webhooks:
        return {}
    with context.store.read() as conn:
        states = webhooks.states(conn, context.webhooks)
    return {key: WebhookView(webhook, states.get(key)) for key, webhook in context.webhooks.items()}
