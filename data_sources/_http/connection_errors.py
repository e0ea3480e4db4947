"""Failures of connections, and what of an address they may name: never a query or a password."""

import ssl

import aiohttp
from yarl import URL

from data_sources._http.errors import HttpCode
from ioc.domain.base.failure import Failure
from ioc.domain.base.system_errors import system_failure
from ioc.domain.ingest.errors import IngestCode
from ioc.net.ssrf import PrivateAddressError
from ioc.net.url_origin import Origin, is_allowed_origin


def authority(url: URL) -> str:
    """Host and port of `url`, without user and password: what a failure may name."""
    return url.host_port_subcomponent or "address"


def is_allowed_url(url: URL, home: URL, hosts: tuple[str, ...]) -> bool:
    """Whether `url` is at `home` (or its https) or at one of `hosts`, and not http where `home` is https."""
    return is_allowed_origin(_origin(url), _origin(home), hosts)


def _origin(url: URL) -> Origin:
    return Origin(url.scheme, url.host or "", url.port or 0)


def connection_failure(error: Exception, url: URL) -> Failure:
    """The failure of an exchange that broke.

    The client library's own messages are not quoted: they may hold the address with its password.
    """
    match error:
        case aiohttp.ClientConnectorError():
            return _connector_failure(error, url)
        case aiohttp.ClientHttpProxyError():
            return Failure(HttpCode.PROXY_REFUSED, {"host": authority(url), "status": error.status})
        case aiohttp.ClientPayloadError():
            return Failure(HttpCode.ANSWER_CUT)
        case aiohttp.ClientResponseError():
            return Failure(HttpCode.NOT_HTTP)
        case ValueError():
            return Failure(HttpCode.MALFORMED_REQUEST)
        case _:
            return Failure(HttpCode.CONNECTION_CLOSED)


def _connector_failure(error: aiohttp.ClientConnectorError, url: URL) -> Failure:
    match error:
        case aiohttp.ClientConnectorError(os_error=PrivateAddressError()):
            return Failure(IngestCode.PRIVATE_ADDRESS, {"host": url.host or ""})
        case aiohttp.ClientConnectorDNSError():
            return Failure(HttpCode.NAME_NOT_FOUND)
        case aiohttp.ClientConnectorCertificateError():
            return Failure(HttpCode.CERTIFICATE_UNTRUSTED, external=_verify_message(error.certificate_error))
        case aiohttp.ClientSSLError():
            return Failure(HttpCode.TLS_FAILED)
        case aiohttp.ClientProxyConnectionError():
            return Failure(HttpCode.PROXY_UNREACHABLE, {"host": authority(url)})
        case _:
            return Failure(HttpCode.CONNECT_FAILED, {"cause": system_failure(error.os_error)})


def _verify_message(error: Exception) -> str:
    return error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else ""
