"""A text that people read, in the two languages of the screens."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LocalizedText:
    """Vietnamese first; English falls back to Vietnamese where it is missing."""

    vi: str
    en: str = ""

    def get(self, lang: str) -> str:
        """The text in `lang` ("vi" or "en")."""
        return (self.en or self.vi) if lang == "en" else self.vi
