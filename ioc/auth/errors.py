"""What is told to whom a wish of access is refused."""

# What is only mistyped, or is there no more: nobody was denied anything, so it is no line of the trail.
INPUT_ERROR_KEYS = frozenset({
    "agency_needed", "changed_meanwhile", "factor_none", "name_bad", "name_taken", "no_account",
    "password_common", "password_differs", "password_long", "password_same", "password_short", "program_name",
    "program_none", "range_bad", "range_long", "roles_none", "scopes_none", "screen_name", "screen_none", "unnamed",
})  # fmt: skip


class AuthError(Exception):
    """`key`: the message access.<key>; `parts` fill it in. It says no more than everybody may know.

    `told`: it stands in the trail already.
    """

    def __init__(self, key: str, /, *, is_audited: bool = False, **parts: object) -> None:
        super().__init__(key)
        self.key, self.is_audited, self.parts = key, is_audited, parts
