"""What the store raises: one typed error, whatever the database below."""

from ioc.domain.base.failure import FailureError


class StoreError(FailureError):
    """The store could not do it. `reason` is one clear sentence without secrets; nothing of the transaction is kept."""
