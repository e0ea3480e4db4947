"""POST /vao/<source>: webhook messages, acknowledged once they are committed. A source's own token authorizes them."""

import hmac
import logging
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from ioc.domain.access.permissions import Action
from ioc.domain.base.times import Clock
from ioc.domain.ingest.protocol import WEBHOOK_BYTES_PER_SECOND, ResponsePage
from ioc.domain.ingest.source import Source
from ioc.net.client_network import client_network
from ioc.storage.db.store import Store
from ioc.storage.webhook_queue import IncomingWebhook
from ioc.web.errors.codes import WebhookRequestCode
from ioc.web.errors.json_errors import CONTENT_TYPE
from ioc.web.errors.request_error import RequestError
from ioc.web.middleware.authorization import current_principal, requires
from ioc.web.middleware.rate_limit import ANONYMOUS_RATE, WEBHOOK_BYTE_SECONDS, WEBHOOK_SOURCE_RATE
from ioc.web.token_bucket import TokenBuckets
from ioc.web.webhooks.group_commit import GroupCommitQueue

log = logging.getLogger("ioc.webhooks")

PREFIX = "/vao"
MAX_BODY_BYTES = 1_048_576
MIN_TOKEN_LENGTH = 16
_ACCEPTED = b'{"accepted":true}'
_ENV_REFERENCE = re.compile(r"\$\{(\w+)\}")
_CONTENT_TYPES = re.compile(r"application/(json|ld\+json|cbor|[a-z0-9.-]+\+json)|text/plain")
_CHARSETS = re.compile(r"[\w.:()+-]{0,40}", re.ASCII)  # charset*=utf-8''%00 spells a null character


@dataclass(frozen=True, slots=True)
class Sender:
    """Who may send messages of a source: the token, and how many bytes a second on average."""

    token: str
    bytes_per_second: int


def senders(sources: Iterable[Source], environment: Mapping[str, str]) -> dict[str, Sender]:
    """The senders by source key, of enabled sources whose `push_token` names a variable of `environment`.

    A token under MIN_TOKEN_LENGTH is logged and left out: that source accepts nothing.
    """
    by_source = {}
    for source in sources:
        reference = _ENV_REFERENCE.fullmatch(str(source.options.get("push_token", "")))
        if not source.is_enabled or reference is None:
            continue
        token = environment.get(reference[1], "")
        if len(token) >= MIN_TOKEN_LENGTH:
            rate = source.options.get("bytes_per_second", WEBHOOK_BYTES_PER_SECOND)
            by_source[source.key] = Sender(token, rate)
        else:
            log.error("%s accepts nothing: %s has under %d characters", source.key, reference[1], MIN_TOKEN_LENGTH)
    return by_source


def blueprint(
    store: Store, by_source: Mapping[str, Sender], clock: Clock, source_buckets: TokenBuckets | None = None,
    byte_buckets: TokenBuckets | None = None, rejection_buckets: TokenBuckets | None = None,
) -> Blueprint:  # fmt: skip
    """The route. `by_source`: a source without a sender accepts nothing. Buckets by source: messages, and the seconds
    that their bytes take at the sender's rate. By network: requests without a right token; those with one do not count.
    """
    webhooks, queue = Blueprint("webhooks", __name__, url_prefix=PREFIX), GroupCommitQueue(store)
    source_buckets = TokenBuckets(WEBHOOK_SOURCE_RATE) if source_buckets is None else source_buckets
    byte_buckets = TokenBuckets(WEBHOOK_BYTE_SECONDS) if byte_buckets is None else byte_buckets
    rejection_buckets = TokenBuckets(ANONYMOUS_RATE) if rejection_buckets is None else rejection_buckets

    @webhooks.route("/<source>", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    @requires(Action.VIEW_PUBLIC)  # authorized by the source's own token
    def receive(source: str) -> Response:
        sender = by_source.get(source)
        is_authorized = _is_authorized(sender.token if sender else None)
        if not is_authorized and rejection_buckets.take(client_network(current_principal().address)):
            raise RequestError(WebhookRequestCode.RATE_LIMITED)
        if request.method != "POST":
            raise RequestError(WebhookRequestCode.METHOD_NOT_ALLOWED, headers={"Allow": "POST"})
        if not is_authorized or sender is None:
            raise RequestError(WebhookRequestCode.TOKEN_REJECTED)
        is_plain = request.headers.get("Content-Encoding", "identity").strip().lower() in ("", "identity")
        if not (is_plain and _CONTENT_TYPES.fullmatch(request.mimetype) and _CHARSETS.fullmatch(_charset())):
            raise RequestError(WebhookRequestCode.UNSUPPORTED_CONTENT_TYPE)
        if source_buckets.take(source):
            raise RequestError(WebhookRequestCode.RATE_LIMITED)
        message = IncomingWebhook(source, _read_body(), clock())
        if wait := byte_buckets.take(source, len(message.page.body) / sender.bytes_per_second):
            raise RequestError(WebhookRequestCode.RATE_LIMITED, headers={"Retry-After": str(math.ceil(wait))})
        if not queue.put(message):
            raise RequestError(WebhookRequestCode.QUEUE_FULL)
        return Response(_ACCEPTED, 202, mimetype=CONTENT_TYPE, headers={"Cache-Control": "no-store"})

    return webhooks


def _is_authorized(token: str | None) -> bool:
    """Whether the request carries `token`; an unknown source takes the same time and gets the same response."""
    sent = request.headers.get("X-Token", "")
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if not sent and scheme.casefold() == "bearer":
        sent = bearer.strip()
    is_equal = hmac.compare_digest(sent.encode(), (token or "-" * 32).encode())
    return is_equal and token is not None


def _read_body() -> ResponsePage:
    # One byte more than allowed: a body without a Content-Length would otherwise be truncated silently.
    request.max_content_length = MAX_BODY_BYTES + 1
    try:
        body = request.stream.read(MAX_BODY_BYTES + 1)
    except RequestEntityTooLarge:
        raise RequestError(WebhookRequestCode.TOO_LARGE) from None
    if len(body) > MAX_BODY_BYTES:
        raise RequestError(WebhookRequestCode.TOO_LARGE)
    if not body:
        raise RequestError(WebhookRequestCode.EMPTY)
    return ResponsePage(body, request.mimetype, _charset())


def _charset() -> str:
    return request.mimetype_params.get("charset", "")
