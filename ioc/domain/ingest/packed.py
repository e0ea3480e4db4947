"""Packed answers: how large they may become. A small one may take as long as a large one."""

BIFF_SIGNATURES = (
    b"\x09\x00\x04\x00",
    b"\x09\x02\x06\x00",
    b"\x09\x04\x06\x00",
    b"\x09\x08\x10\x00",
)  # xls without a container
_SIGNATURES = (b"PK", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", *BIFF_SIGNATURES)  # zip with xlsx and ods, xls, gzip
_MAX_BYTES = 128 * 1_048_576
_BASE_BYTES, _MAX_RATIO = 4 * 1_048_576, 60


def unpacked_limit(body: bytes) -> int:
    """How many bytes `body` may have unpacked: a small file may not become large. Its size when it is not packed."""
    if not body.startswith(_SIGNATURES):
        return len(body)
    return max(len(body), min(_MAX_BYTES, _BASE_BYTES + _MAX_RATIO * len(body)))
