"""The URL of an SQLite store."""

from pathlib import Path


def sqlite_url(path: Path) -> str:
    """That of the file `path`, whatever its name: "?" and "%" have a meaning in a URL."""
    return f"sqlite:///{str(path).replace('%', '%25').replace('?', '%3F')}"
