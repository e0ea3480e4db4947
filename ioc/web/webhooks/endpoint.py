"""POST /vao/<source>: what others push to us, acknowledged once it is on the disk. It takes the source's own token."""

import hmac
import logging
import re
from collections.abc import Iterable, Mapping

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from ioc.auth.permissions import Action
from ioc.domain.base.failure import Failure
from ioc.domain.base.times import Clock
from ioc.domain.ingest.protocol import ResponsePage
from ioc.domain.ingest.source import Source
from ioc.storage.db.store import Store, StoreError
from ioc.storage.webhook_queue import IncomingWebhook
from ioc.web.errors.denials import DENIAL_REASONS, mark_denied
from ioc.web.errors.json_errors import CONTENT_TYPE, bilingual, json_error
from ioc.web.middleware.authorization import requires
from ioc.web.middleware.rate_limit import WEBHOOK_SOURCE_RATE, TokenBuckets
from ioc.web.webhooks.group_commit import GroupCommitQueue

log = logging.getLogger("ioc.mail")

PREFIX = "/vao"
MAX_BODY_BYTES = 1_048_576
MIN_TOKEN_LENGTH = 16
RETRY_SECONDS = 5  # seconds after which a sender that is told to come later may try again
_ACCEPTED = b'{"accepted":true}'
_ENV_REFERENCE = re.compile(r"\$\{(\w+)\}")
_CONTENT_TYPES = re.compile(r"application/(json|ld\+json|cbor|[a-z0-9.-]+\+json)|text/plain")


class _WebhookError(Exception):
    def __init__(self, status: int, key: str) -> None:
        super().__init__(key)
        self.status, self.key = status, key


def push_tokens(sources: Iterable[Source], environment: Mapping[str, str]) -> dict[str, str]:
    """source -> token, of all that are on and whose row names a `push_token` that the environment holds."""
    found = {}
    for one in sources:
        named = _ENV_REFERENCE.fullmatch(str(one.options.get("push_token", "")))
        if not one.is_enabled or named is None:
            continue
        token = environment.get(named[1], "")
        if len(token) >= MIN_TOKEN_LENGTH:
            found[one.key] = token
        else:
            log.error("%s takes nothing in: %s has fewer than %d characters", one.key, named[1], MIN_TOKEN_LENGTH)
    return found


def blueprint(
    store: Store, tokens: Mapping[str, str], clock: Clock, rate_limiter: TokenBuckets | None = None
) -> Blueprint:
    """The way in to `store` for the sources that have a token."""
    way, box = Blueprint("mail_in", __name__, url_prefix=PREFIX), GroupCommitQueue(store)
    rate_limiter = TokenBuckets(WEBHOOK_SOURCE_RATE) if rate_limiter is None else rate_limiter

    @way.route("/<source>", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    @requires(Action.VIEW_PUBLIC)  # the source's own token opens it
    def post(source: str) -> Response:
        if request.method != "POST":
            raise _WebhookError(405, "only_post")
        if not _is_authorized(tokens.get(source)):
            raise _WebhookError(401, "no_token")
        if not _CONTENT_TYPES.fullmatch(request.mimetype):
            raise _WebhookError(415, "wrong_kind")
        if rate_limiter.take(source):
            raise _WebhookError(429, "too_fast")
        letter = IncomingWebhook(source, _read_body(), clock())
        if not box.put(letter):
            raise _WebhookError(429, "full")
        return Response(_ACCEPTED, 202, mimetype=CONTENT_TYPE, headers={"Cache-Control": "no-store"})

    way.register_error_handler(_WebhookError, lambda error: _error_response(error.status, error.key))
    way.register_error_handler(HTTPException, _http_error_response)
    way.register_error_handler(StoreError, _store_error_response)
    return way


def _is_authorized(token: str | None) -> bool:
    """Whether the sender shows `token`; for a source that has none the same work is done, and the same is answered."""
    given = request.headers.get("X-Token", "")
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if not given and scheme.casefold() == "bearer":
        given = bearer.strip()
    same = hmac.compare_digest(given.encode(), (token or "-" * 32).encode())
    return same and token is not None


def _read_body() -> ResponsePage:
    # One byte more than may be: of a body that does not say its length the rest would be cut off without a word.
    request.max_content_length = MAX_BODY_BYTES + 1
    body = request.stream.read(MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        raise _WebhookError(413, "too_large")
    if not body:
        raise _WebhookError(400, "empty")
    return ResponsePage(body, request.mimetype, request.mimetype_params.get("charset", ""))


def _http_error_response(error: HTTPException) -> Response:
    return _error_response(413, "too_large") if error.code == 413 else _error_response(error.code or 400, "unread")


def _store_error_response(error: StoreError) -> Response:
    log.error("a letter could not be kept: %s", error)
    return _error_response(503, "away")


def _error_response(status: int, key: str) -> Response:
    if status in DENIAL_REASONS:
        mark_denied(Failure(key))
    made = json_error(status, key, bilingual(f"webhooks.{key}"))
    if status in (429, 503):
        made.headers["Retry-After"] = str(RETRY_SECONDS)
    elif status == 405:
        made.headers["Allow"] = "POST"
    return made
