"""Messages of a webhook: each a POST within a deadline, to the address of its row alone, on one connection."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic

import requests
from urllib3.exceptions import HTTPError

from data_sources._http.errors import HttpCode, status_error
from data_sources._http.headers import retry_after
from ioc.domain.base.failure import Failure
from ioc.domain.base.system_errors import system_failure
from ioc.domain.directives.webhook import Webhook, WebhookCode
from ioc.domain.ingest.errors import IngestCode
from ioc.net.bounded_http import ExchangeTimeoutError, KeptSession
from ioc.net.ssrf import PrivateAddressError, parse_ip_literal, require_public
from ioc.net.tls import tls_context
from ioc.net.url_origin import parse_origin

DEADLINE_SECONDS = 15.0  # as the standard advises, 15 to 30
_BODY_BYTES = 0  # of an answer that the library reads by itself: status and headers alone say what it is
_DRAINED_BYTES = 16 * 1024  # of an answer whose body is passed over, so that the connection can be used again
_DRAIN_SECONDS = 0.5
_HTTP_1_1 = 11  # as the library numbers it; before, connections were not kept
IDLE_SECONDS = 5.0  # after which a connection is closed
_MAX_DEPTH = 12  # of errors that wrap each other


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A message that its receiver did not take. `pause`: how long it asked to be left alone."""

    failure: Failure
    pause: timedelta | None = None


@dataclass(frozen=True, slots=True)
class WebhookClient:
    """TLS trust and the proxy of a host (None: no proxy). `deadline`: seconds of one message.

    Messages to one system come one after the other; those of several systems from several threads.
    """

    tls: ssl.SSLContext = field(default_factory=tls_context)
    proxy_for: Callable[[str], str | None] = lambda _host: None
    deadline: float = DEADLINE_SECONDS
    _kept: dict[str, KeptSession] = field(default_factory=dict)

    def rest(self, webhook: Webhook, seconds: float = IDLE_SECONDS) -> None:
        """Closes the connection to the receiver if it was not used for `seconds`."""
        if kept := self._kept.get(webhook.system):
            kept.close_idle(seconds)

    def post(self, webhook: Webhook, headers: Mapping[str, str], body: bytes) -> NotTaken | None:
        """Sends `body`; None where the receiver answered with a status of 200 to 299. Redirects are not followed.

        A receiver may close a connection at any time: what fails on one that was open is sent once more, on a new one.
        """
        kept = self._kept.setdefault(
            webhook.system, KeptSession(self.tls, _BODY_BYTES, allow_private=webhook.may_be_private)
        )
        was_open = kept.is_open
        result = self._attempt(kept, webhook, headers, body)
        if was_open and result and result.failure.code == WebhookCode.NOT_SENT:
            return self._attempt(kept, webhook, headers, body)
        return result

    def _attempt(self, kept: KeptSession, webhook: Webhook, headers: Mapping[str, str], body: bytes) -> NotTaken | None:
        try:
            with kept.exchange(self.deadline) as session:
                session.trust_env = False  # neither .netrc nor proxies of the environment
                response = self._post(session, webhook, headers, body)
                if not _is_passed_over(response):
                    response.close()
                    kept.close()
                return _judge(response)
        except ExchangeTimeoutError:
            return NotTaken(Failure(WebhookCode.TOO_SLOW, {"seconds": self.deadline}))
        except (requests.RequestException, HTTPError, ValueError, OSError) as error:
            return NotTaken(Failure(WebhookCode.NOT_SENT, {"cause": _cause(error, webhook)}))

    def _post(
        self, session: requests.Session, webhook: Webhook, headers: Mapping[str, str], body: bytes
    ) -> requests.Response:
        host = parse_origin(webhook.address).host
        if literal := parse_ip_literal(host):
            require_public(literal, webhook.may_be_private)  # also where a proxy connects
        proxy = self.proxy_for(host)
        own = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "ioc-webhook/1", **headers}
        return session.post(
            webhook.address, data=body, headers=own, timeout=self.deadline, allow_redirects=False,
            stream=True,  # whatever is wrong with the body, the status came before it
            proxies={"http": proxy, "https": proxy} if proxy else {},
        )  # fmt: skip


def _is_passed_over(response: requests.Response) -> bool:
    """Whether nothing of the answer is left on its connection. A body is short and at hand, or it is not waited for."""
    length, raw = response.headers.get("Content-Length", ""), response.raw
    if raw.version < _HTTP_1_1 or response.headers.get("Connection", "").lower() == "close":
        return False
    connection = getattr(raw, "connection", None)
    if not (length.isascii() and length.isdecimal() and len(length) < 9 and int(length) <= _DRAINED_BYTES):
        return response.status_code == 204
    try:
        if int(length) and connection is not None and connection.sock is not None:
            connection.sock.settimeout(_DRAIN_SECONDS)
        left, ends_at = int(length), monotonic() + _DRAIN_SECONDS
        while left:
            part = raw.read1(left, decode_content=False)
            left -= len(part)
            if not part or monotonic() > ends_at:
                return False
        raw.release_conn()
    except (HTTPError, OSError, ValueError):  # also of a redirect, which is closed already
        return False
    return True


def _judge(response: requests.Response) -> NotTaken | None:
    status = response.status_code
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return NotTaken(Failure(WebhookCode.REDIRECTED, {"status": status}))
    asked = status_error(status, retry_after(response.headers, datetime.now(UTC))).retry_after
    return NotTaken(
        Failure(WebhookCode.REFUSED, {"status": status}), None if asked is None else timedelta(seconds=asked)
    )


def _cause(error: Exception, webhook: Webhook) -> Failure:
    """What lies below the errors of the libraries, whose own messages may hold the address."""
    found = list(_wrapped(error))
    if any(isinstance(each, PrivateAddressError) for each in found):
        return Failure(IngestCode.PRIVATE_ADDRESS, {"host": parse_origin(webhook.address).host})
    for each in found:
        if isinstance(each, ssl.SSLCertVerificationError):
            return Failure(HttpCode.CERTIFICATE_UNTRUSTED, external=each.verify_message)
    if any(isinstance(each, ssl.SSLError) for each in found):
        return Failure(HttpCode.TLS_FAILED)
    if any(isinstance(each, ConnectionResetError | BrokenPipeError) for each in found):
        return Failure(WebhookCode.CONNECTION_CLOSED)
    system = (each for each in found if isinstance(each, OSError) and not isinstance(each, requests.RequestException))
    innermost = next(system, None)
    return system_failure(innermost) if innermost else Failure(HttpCode.NOT_HTTP)


def _wrapped(error: BaseException, depth: int = 0) -> Iterator[BaseException]:
    """The errors in `error`, the innermost first."""
    if depth < _MAX_DEPTH:
        inner = (error.__cause__ or error.__context__, getattr(error, "reason", None), *error.args)
        for each in inner:
            if isinstance(each, BaseException):
                yield from _wrapped(each, depth + 1)
    yield error
