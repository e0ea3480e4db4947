"""What is told to whom a wish of access is refused."""


class Refused(Exception):
    """`key`: the message access.<key>; `parts` fill it in. It says no more than everybody may know."""

    def __init__(self, key: str, **parts: object) -> None:
        super().__init__(key)
        self.key, self.parts = key, parts
