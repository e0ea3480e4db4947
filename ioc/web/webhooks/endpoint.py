"""POST /vao/<source>: what others push to us, acknowledged once it is on the disk. It takes the source's own token."""

import hmac
import logging
import re
from collections.abc import Iterable, Mapping

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from ioc.auth.permissions import Action
from ioc.domain.base.times import Clock
from ioc.domain.ingest.protocol import Page
from ioc.domain.ingest.source import Source
from ioc.storage.db.store import Store, StoreError
from ioc.storage.webhook_queue import Posted
from ioc.web.errors.audit import CODES, note
from ioc.web.errors.json_errors import KIND, answer, both
from ioc.web.middleware.authorization import names
from ioc.web.middleware.rate_limit import SOURCE, Buckets
from ioc.web.webhooks.group_commit import Postbox

log = logging.getLogger("ioc.mail")

PREFIX = "/vao"
LARGEST = 1_048_576
SHORTEST_TOKEN = 16
LATER = 5  # seconds after which a sender that is told to come later may try again
_ACCEPTED = b'{"accepted":true}'
_TOKEN = re.compile(r"\$\{(\w+)\}")
_KINDS = re.compile(r"application/(json|ld\+json|cbor|[a-z0-9.-]+\+json)|text/plain")


class _Refused(Exception):
    def __init__(self, status: int, key: str) -> None:
        super().__init__(key)
        self.status, self.key = status, key


def doors(sources: Iterable[Source], environment: Mapping[str, str]) -> dict[str, str]:
    """source -> token, of all that are on and whose row names a `push_token` that the environment holds."""
    found = {}
    for one in sources:
        named = _TOKEN.fullmatch(str(one.options.get("push_token", "")))
        if not one.enabled or named is None:
            continue
        token = environment.get(named[1], "")
        if len(token) >= SHORTEST_TOKEN:
            found[one.key] = token
        else:
            log.error("%s takes nothing in: %s has fewer than %d characters", one.key, named[1], SHORTEST_TOKEN)
    return found


def blueprint(store: Store, tokens: Mapping[str, str], clock: Clock, pace: Buckets | None = None) -> Blueprint:
    """The way in to `store` for the sources that have a token."""
    way, box = Blueprint("mail_in", __name__, url_prefix=PREFIX), Postbox(store)
    pace = Buckets(SOURCE) if pace is None else pace

    @way.route("/<source>", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    @names(Action.PUBLIC)  # the source's own token opens it
    def post(source: str) -> Response:
        if request.method != "POST":
            raise _Refused(405, "only_post")
        if not _knows(tokens.get(source)):
            raise _Refused(401, "no_token")
        if not _KINDS.fullmatch(request.mimetype):
            raise _Refused(415, "wrong_kind")
        if pace.take(source):
            raise _Refused(429, "too_fast")
        letter = Posted(source, _page(), clock())
        if not box.put(letter):
            raise _Refused(429, "full")
        return Response(_ACCEPTED, 202, mimetype=KIND, headers={"Cache-Control": "no-store"})

    way.register_error_handler(_Refused, lambda error: _told(error.status, error.key))
    way.register_error_handler(HTTPException, _refused_by_flask)
    way.register_error_handler(StoreError, _away)
    return way


def _knows(token: str | None) -> bool:
    """Whether the sender shows `token`; for a source that has none the same work is done, and the same is answered."""
    given = request.headers.get("X-Token", "")
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if not given and scheme.casefold() == "bearer":
        given = bearer.strip()
    same = hmac.compare_digest(given.encode(), (token or "-" * 32).encode())
    return same and token is not None


def _page() -> Page:
    # One byte more than may be: of a body that does not say its length the rest would be cut off without a word.
    request.max_content_length = LARGEST + 1
    body = request.stream.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise _Refused(413, "too_large")
    if not body:
        raise _Refused(400, "empty")
    return Page(body, request.mimetype, request.mimetype_params.get("charset", ""))


def _refused_by_flask(error: HTTPException) -> Response:
    return _told(413, "too_large") if error.code == 413 else _told(error.code or 400, "unread")


def _away(error: StoreError) -> Response:
    log.error("a letter could not be kept: %s", error)
    return _told(503, "away")


def _told(status: int, key: str) -> Response:
    if status in CODES:
        note(key)
    made = answer(status, key, both(f"mail.{key}"))
    if status in (429, 503):
        made.headers["Retry-After"] = str(LATER)
    elif status == 405:
        made.headers["Allow"] = "POST"
    return made
