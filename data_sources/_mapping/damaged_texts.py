"""Documents with a damaged text, U+FFFD or a control character in it: what an expression computes of them is wrong.

A filter leaves a damaged item out, or lets it in, and a count counts another number. Which text of the document an
expression takes is not looked at.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.expressions import computes
from ioc.domain.base.failure import Failure
from ioc.domain.ingest.damaged_json import has_damaged_text, may_be_damaged
from ioc.domain.ingest.protocol import SourceError
from ioc.domain.ingest.reading import RejectedItem


def is_damaged(document: Any) -> bool:
    """Whether any text of `document`, plain data, is damaged: decoded with damage, or sent so by the source."""
    try:
        may_be = may_be_damaged(orjson.dumps(document, default=_nothing))
    except (TypeError, ValueError, RecursionError):  # an integer of more than 64 bits
        may_be = True
    return may_be and has_damaged_text(document)


def _nothing(_: object) -> None:
    """What stands for a value that is no JSON, such as a Failure."""


def without_damaged(
    items: Sequence[tuple[str, Any]], document: Any, paths: Iterable[str], rejected: list[RejectedItem],
    sample: Callable[[Any], str],
) -> Sequence[tuple[str, Any]]:  # fmt: skip
    """`items` of `document` without those that have a damaged text, where one of `paths` computes something of them."""
    computed = next(filter(computes, paths), "")
    if not computed or not is_damaged(document):
        return items
    damaged = {n for n, (_, item) in enumerate(items) if is_damaged(item)}
    failure = Failure(MappingCode.DAMAGED_TEXT_IN_FILTER, {"path": computed})
    rejected += (RejectedItem(items[n][0], failure, sample(items[n][1])) for n in sorted(damaged))
    return [item for n, item in enumerate(items) if n not in damaged]


def check_computed(document: Any, paths: Iterable[str]) -> None:
    """Raises SourceError where one of `paths` computes something of `document`, which has a damaged text."""
    computed = next(filter(computes, paths), "")
    if computed and is_damaged(document):
        raise SourceError(MappingCode.DAMAGED_TEXT_IN_FILTER, path=computed)
