"""Labels of units of measurement."""

from components.ui.i18n import catalogue


def unit_label(unit: str, lang: str, value: float | None = None) -> str:
    """The label of `unit` in `lang`; singular in English beside the number 1. An unknown unit is returned unchanged."""
    message = catalogue().get(f"measurement_units.{unit}")
    if message is None:
        return unit
    return message["one"] if lang == "en" and value == 1 and "one" in message else message[lang]
