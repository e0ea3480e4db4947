"""What the worker process sends to other systems, put together."""

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING
from uuid import uuid4

from ioc.cli.context import Context, format_faults
from ioc.config.errors import ConfigError

if TYPE_CHECKING:
    from ioc.storage.db.store import Store


def sending_webhooks(context: Context, store: "Store") -> AbstractContextManager[None]:
    """Within it the systems of webhooks.yaml are told of acts; little is loaded where there are none."""
    from ioc.config.loading import load_webhooks

    try:
        targets = tuple(load_webhooks(context.settings.config).values())
    except ConfigError as error:
        sys.stderr.write(format_faults(error, context.lang))
        targets = ()
    if not targets:
        return nullcontext()

    from ioc.auth.api_keys import ApiKeyService
    from ioc.directives.context import DirectiveContext
    from ioc.domain.base.access_policy import AccessPolicy
    from ioc.net.tls import tls_context
    from ioc.web.api.serializers.act_events import act_message
    from ioc.worker.webhook_delivery import Delivery, sending
    from ioc.worker.webhook_post import WebhookClient

    client = WebhookClient(tls_context(context.ca_file), context.proxy_for)
    delivery = Delivery(
        DirectiveContext(store, {}, context.clock, lambda *_entry: None),  # who sees an act depends on no agency
        ApiKeyService(store, context.clock, AccessPolicy()).principal_of,
        lambda name: context.environment.get(name, "").strip(),
        act_message,
        client.post,
        uuid4().hex,
        rest=client.rest,
    )
    return sending(targets, delivery)
