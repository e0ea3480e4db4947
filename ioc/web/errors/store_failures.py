"""What a request is told of a store that cannot answer it."""

from collections.abc import Mapping

from ioc.storage.db.errors import StoreCode, StoreError
from ioc.web.errors.codes import RequestCode

_CODES: Mapping[str, RequestCode] = {  # all others: it is not there
    StoreCode.DATA_REJECTED: RequestCode.MALFORMED,  # the store works: it is the request that it does not take
    StoreCode.DISK_FULL: RequestCode.STORE_FULL,
    StoreCode.READ_ONLY: RequestCode.STORE_READ_ONLY,
    StoreCode.DAMAGED: RequestCode.STORE_DAMAGED,
    StoreCode.BUSY: RequestCode.BUSY,  # somebody else writes: it works again in a moment
    StoreCode.OUTCOME_UNKNOWN: RequestCode.OUTCOME_UNKNOWN,
    StoreCode.CLOCK_AHEAD: RequestCode.WRONG_CLOCK,
    StoreCode.CLOCK_BEHIND: RequestCode.WRONG_CLOCK,
}


def store_request_code(error: Exception) -> RequestCode:
    """The code of the response to a request that `error` of the store ended."""
    code = error.failure.code if isinstance(error, StoreError) else ""
    return _CODES.get(code, RequestCode.STORE_UNAVAILABLE)
