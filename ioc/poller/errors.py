"""Codes of failures that the poller itself finds besides those of ioc.domain.ingest.errors."""

from ioc.domain.base.failure import ErrorCode


class PollerCode(ErrorCode):
    """Why the poller left something out. Texts: components/messages/errors/poller.toml."""

    FILE_SKIPPED = "poller.file_skipped"  # seconds: the deadline within which the file could not be read
