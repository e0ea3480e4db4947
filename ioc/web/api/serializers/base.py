"""What the serializers share: the envelope, agencies' names."""

from typing import Any

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.snapshot import Snapshot
from ioc.web.api.schemas.base import TranslatedText


def envelope(snapshot: Snapshot) -> dict[str, Any]:
    """The fields of SnapshotEnvelope."""
    return {
        "at": snapshot.at, "version": snapshot.version, "is_live": snapshot.is_live,
        "is_simulated": snapshot.is_simulated,
    }  # fmt: skip


def agency_name(snapshot: Snapshot, key: str) -> TranslatedText:
    """The name of an agency, its key when it is not known."""
    return TranslatedText.from_text(snapshot.agency_names.get(key, LocalizedText(key)))
