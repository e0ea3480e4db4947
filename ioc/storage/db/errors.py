"""What the store raises: one typed error, whatever the database below."""


class StoreError(Exception):
    """The store could not do it. `reason` is one clear sentence without secrets; nothing of the transaction is kept."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
