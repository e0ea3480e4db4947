"""Units as people read them, in the language of the screen."""

from components.ui.i18n import catalogue


def unit_label(unit: str, lang: str, value: float | None = None) -> str:
    """`unit` in `lang`, beside the number `value` where there is one: "3 incidents", "1 incident"."""
    message = catalogue().get(f"measurement_units.{unit}")
    if message is None:
        return unit
    return message["one"] if lang == "en" and value == 1 and "one" in message else message[lang]
