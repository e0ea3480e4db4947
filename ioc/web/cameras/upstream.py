"""Requests to a camera: bounded in time and size, and only to hosts that the source's row allows."""

from urllib.parse import urljoin

import requests
from urllib3.exceptions import HTTPError

from ioc.net.bounded_http import BodyTooLargeError, ExchangeTimeoutError, bounded_exchange, read_body
from ioc.net.url_origin import parse_origin
from ioc.web.cameras.camera_stream import CameraStream, OutboundTransport
from ioc.web.cameras.errors import UpstreamError
from ioc.web.errors.codes import CameraStreamCode

MAX_BODY_BYTES = 8 * 1_048_576
TOTAL_TIMEOUT_SECONDS = 8.0
_CONNECT_TIMEOUT, _READ_TIMEOUT = 3.0, 4.0  # seconds
_MAX_REDIRECTS = 3


def fetch(
    camera: CameraStream, address: str, range_header: str, transport: OutboundTransport
) -> tuple[bytes, str, str]:
    """(body, address after redirects, Content-Range or ""). `range_header`: of HTTP, "" for none. UpstreamError."""
    bounds = transport.tls_context, TOTAL_TIMEOUT_SECONDS, MAX_BODY_BYTES
    try:
        with requests.Session() as session, bounded_exchange(session, *bounds, allow_private=camera.may_be_private):
            session.trust_env = False  # neither .netrc nor proxies of the environment
            return _follow_redirects(session, camera, address, range_header, transport)
    except ExchangeTimeoutError:
        raise UpstreamError(CameraStreamCode.TOO_SLOW, seconds=TOTAL_TIMEOUT_SECONDS) from None
    except BodyTooLargeError:
        raise UpstreamError(CameraStreamCode.TOO_LARGE, mebibytes=MAX_BODY_BYTES // 1_048_576) from None
    except (requests.RequestException, HTTPError, ValueError, OSError):
        raise UpstreamError(CameraStreamCode.INCOMPLETE_RESPONSE) from None


def _follow_redirects(
    session: requests.Session, camera: CameraStream, address: str, range_header: str, transport: OutboundTransport
) -> tuple[bytes, str, str]:
    for _ in range(_MAX_REDIRECTS + 1):
        if not camera.may_reach(address):
            raise UpstreamError(CameraStreamCode.HOST_NOT_ALLOWED)
        with _get(session, camera, address, range_header, transport) as response:
            if not response.is_redirect:
                return _read_body(response), address, response.headers.get("Content-Range", "")
            address = urljoin(address, response.headers["Location"])
    raise UpstreamError(CameraStreamCode.TOO_MANY_REDIRECTS)


def _get(
    session: requests.Session, camera: CameraStream, address: str, range_header: str, transport: OutboundTransport
) -> requests.Response:
    proxy = transport.proxy_for(parse_origin(address).host)
    return session.get(
        address,
        headers={
            "Accept-Encoding": "identity",
            **camera.headers_for(address),
            **({"Range": range_header} if range_header else {}),
        },
        timeout=(_CONNECT_TIMEOUT, _READ_TIMEOUT),
        allow_redirects=False,
        stream=True,
        proxies={"http": proxy, "https": proxy} if proxy else {},
    )


def _read_body(response: requests.Response) -> bytes:
    if response.status_code not in (200, 206):
        raise UpstreamError(CameraStreamCode.ERROR_STATUS, status=response.status_code)
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise UpstreamError(CameraStreamCode.COMPRESSED)
    body = read_body(response, MAX_BODY_BYTES)
    length = response.headers.get("Content-Length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) != len(body):
        raise UpstreamError(CameraStreamCode.INCOMPLETE_RESPONSE)
    return body
