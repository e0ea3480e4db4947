"""Documents with a damaged text, U+FFFD or a control character in it: what an expression computes of them is wrong.

A filter leaves a damaged item out, or lets it in, and a count counts another number. Which text of the document an
expression takes is not looked at.
"""

from collections.abc import Iterable
from typing import Any

import orjson

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.expressions import computes
from ioc.domain.ingest.damaged_json import has_damaged_text, may_be_damaged
from ioc.domain.ingest.protocol import SourceError


def is_damaged(document: Any) -> bool:
    """Whether any text of `document`, plain data, is damaged: decoded with damage, or sent so by the source."""
    try:
        may_be = may_be_damaged(orjson.dumps(document, default=_nothing))
    except (TypeError, ValueError, RecursionError):  # an integer of more than 64 bits
        may_be = True
    return may_be and has_damaged_text(document)


def _nothing(_: object) -> None:
    """What stands for a value that is no JSON, such as a Failure."""


def check_computed(document: Any, paths: Iterable[str]) -> None:
    """Raises SourceError where one of `paths` computes something of `document`, which has a damaged text."""
    computed = next(filter(computes, paths), "")
    if computed and is_damaged(document):
        raise SourceError(MappingCode.DAMAGED_TEXT_IN_FILTER, path=computed)
