"""Certificates in files: until when they are good."""

from datetime import datetime
from pathlib import Path

from cryptography import x509


def expires_at(path: Path) -> datetime | None:
    """When the first certificate in the file (PEM or DER) ends; None when there is none that can be read."""
    try:
        body = path.read_bytes()
        pem = b"-----BEGIN CERTIFICATE" in body
        made = x509.load_pem_x509_certificate(body) if pem else x509.load_der_x509_certificate(body)
    except (OSError, ValueError):
        return None
    return made.not_valid_after_utc
