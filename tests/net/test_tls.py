"""TLS of outgoing connections."""

import ssl

from ioc.net.tls import tls_context


def names(context: ssl.SSLContext) -> set[str]:
    return {cipher["name"] for cipher in context.get_ciphers()}


def test_no_group_of_the_servers_own_choice_is_taken() -> None:
    """One of 10,000 bits keeps the interpreter for a second at each handshake."""
    ours, usual = names(tls_context()), names(ssl.create_default_context())
    assert any(name.startswith("ECDHE-") for name in ours)
    assert ours == {name for name in usual if not name.startswith("DHE-")} < usual
