"""Why one message cannot be read, whatever was raised: it is rejected alone, those beside it are read."""

import logging
import traceback

from ioc.domain.base.failure import Failure
from ioc.domain.ingest.errors import IngestCode
from ioc.domain.ingest.protocol import SourceError

log = logging.getLogger("ioc.poll")

_MAX_FRAMES = 6


def message_failure(error: Exception) -> Failure:
    """The failure of a message whose parsing raised `error`: an unexpected one is a programming error, and logged.

    Its text is not logged: it may quote the message, which may hold personal data.
    """
    if isinstance(error, SourceError):
        return error.failure
    kind = type(error).__name__
    frames = "".join(traceback.format_tb(error.__traceback__)[-_MAX_FRAMES:])
    log.error("a message was rejected: the program failed to read it (%s)\n%s", kind, frames)
    return Failure(IngestCode.INTERNAL_ERROR, {"kind": kind})
