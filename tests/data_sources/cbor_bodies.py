"""CBOR of a few bytes that is large, or takes long, once it is decoded."""

_HASH_MODULUS = 2**61 - 1  # of Python's numbers


def _expanding(levels: int) -> bytes:
    """A list of lists of two references each, to the list before: 2 ** `levels` values."""
    lists = [b"\xd8\x1c\x82\x01\x02", *(b"\xd8\x1c\x82" + 2 * (b"\xd8\x1d" + bytes([n])) for n in range(levels))]
    return bytes([0x80 | len(lists)]) + b"".join(lists)


REFERENCES = {
    "shared lists": _expanding(22),
    "a list in itself": b"\xd8\x1c\x81\xd8\x1d\x00",
    "shared text": b"\x82\xd8\x1c\x63abc\xd8\x1d\x00",
    "repeated text": b"\xd9\x01\x00\x82\x63abc\xd8\x19\x00",
    "no such value": b"\x81\xd8\x1d\x00",
    "in a record": b"\x81\xa2\x61n\x61a\x61v\xd8\x1c\x81\xd8\x1d\x00",
}


def _colliding(count: int, *, are_in_set: bool) -> bytes:
    """A map (a set) of `count` fractions that all have the hash 5: each is compared with all before it."""
    head = b"\xd9\x01\x02\x9a" if are_in_set else b"\xba"
    fractions = [b"\xd8\x1e\x82\x1b%b\x1a%b" % _fraction(2 * n + 3) for n in range(count)]
    return head + count.to_bytes(4) + b"".join(key + (b"" if are_in_set else b"\x01") for key in fractions)


def _fraction(denominator: int) -> tuple[bytes, bytes]:
    numerator = 5 * denominator % _HASH_MODULUS + _HASH_MODULUS
    return numerator.to_bytes(8), denominator.to_bytes(4)


SLOW_KEYS = {
    "fractions": _colliding(50_000, are_in_set=False),
    "a set of fractions": _colliding(50_000, are_in_set=True),
    "a large integer": b"\xa1\x1a\x00\x01\x00\x00\x01",
    "a bignum": b"\xa1\xc2\x41\x01\x01",
    "a list": b"\xa1\x81\x01\x01",
    "in a map without length": b"\xbf\x61a\x01\xf9\x3c\x00\x01\xff",
}
_CLASSES = "(?i)" + "[\0-\uffff]" * 20_000  # 140 KB that take minutes to compile


def _tagged(tag: int, text: str) -> bytes:
    body = text.encode()
    return b"\xd8" + bytes([tag]) + b"\x7a" + len(body).to_bytes(4) + body


OTHER_TAGS = {
    "a regular expression": _tagged(35, _CLASSES),
    "one in a list": b"\x81" + _tagged(35, _CLASSES),
    "an e-mail": _tagged(36, "Subject: a\n\nb"),
    "unknown": _tagged(200, "a"),
}

# A tag, an integer and a head without an end; texts and lists that are cut; levels beyond any limit.
MALFORMED = (
    b"\xdf\x01",
    b"\x1f",
    b"\x1c",
    b"\x19\x01",
    b"\x63ab",
    b"\x82\x01",
    b"\x9f",
    b"\xc1" * 5000 + b"\x01",
    b"\xff",
)
