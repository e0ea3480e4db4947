"""Expiry of certificates in files."""

from datetime import datetime
from pathlib import Path


def expires_at(path: Path) -> datetime | None:
    """When the first certificate in the file (PEM or DER) expires; None when the file has none that can be read."""
    from cryptography import x509  # 5 MB that a poller without a certificate does without

    try:
        body = path.read_bytes()
        is_pem = b"-----BEGIN CERTIFICATE" in body
        certificate = x509.load_pem_x509_certificate(body) if is_pem else x509.load_der_x509_certificate(body)
    except (OSError, ValueError):
        return None
    return certificate.not_valid_after_utc
