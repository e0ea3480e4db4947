"""SSRF guard, HTTP with a deadline, URL origins, TLS trust, certificates."""
