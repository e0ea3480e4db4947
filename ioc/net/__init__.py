"""SSRF guard, URL origins, TLS trust, certificates."""
