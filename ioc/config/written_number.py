"""A number of a configuration file that its text says more of: 1.10 may be a version, of which 1.1 is another one."""

from math import isfinite


class WrittenFloat(float):
    """A number whose own text differs from the one in the file. `text`: as it is written there."""

    text: str

    @classmethod
    def as_written(cls, value: float, text: str) -> float:
        """`value`, with `text` where that is not how the number is shown anyway."""
        if str(value) == text or not isfinite(value):
            return value
        written = cls(value)
        written.text = text
        return written
