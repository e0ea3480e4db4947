"""How many values a JSON text may have, so that it is refused before it is decoded."""

# 500 tasks of a document have some 20,000, as have 500 selected rows of a table. To decode and check what is made of
# nothing but small values keeps all other threads waiting.
MAX_SIGNS = 50_000
_SIGNS = b",[{"


def has_too_many_values(body: bytes) -> bool:
    """Whether `body` has more signs before values than MAX_SIGNS; those in its texts count too."""
    return sum(body.count(sign) for sign in _SIGNS) > MAX_SIGNS
