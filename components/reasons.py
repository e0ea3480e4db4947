"""Why a source brought nothing, in the words of the screen; what is kept is one technical sentence."""

import re

from components.text import catalogue, say

_AREA = "reasons."


def reason(kept: str, lang: str) -> str:
    """The sentence for `kept`; one that the catalogue does not know is shown as it is."""
    for key, message in catalogue().items():
        if key.startswith(_AREA) and (found := re.fullmatch(message["like"], kept)):
            parts = {name: (part or "").replace(".", ",") for name, part in found.groupdict().items()}
            return say(key, lang, **parts)
    return kept
