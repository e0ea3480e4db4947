"""The colour theme of a page: chosen, else the system's preference; a wall is dark.

`data-theme` is "light", "dark" or "auto". Stylesheets are written for the first two; what they say of each is repeated
for "auto" under the system's preference, so that a page without scripts has it from its first paint.
"""

import re
from typing import Literal

from flask import request

from ioc.domain.access.principal import PrincipalKind
from ioc.web.middleware.authentication import principal_of

THEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
_RULE = re.compile(r'[^{};]*\[data-theme="(dark|light)"\][^{}]*\{[^{}]*\}')


def page_theme(*, is_wall: bool) -> str:
    """The theme of the current request: of the address, else remembered, else dark on a wall and the system's."""
    chosen = request.args.get("theme") or request.cookies.get("theme", "")
    if chosen in THEMES:
        return chosen
    return "dark" if is_wall or principal_of(request.environ).kind is PrincipalKind.DISPLAY else "auto"


def with_system_theme(css: str) -> str:
    """`css` with each rule of a theme repeated for "auto" where the system prefers that theme."""

    def repeated(rule: re.Match[str]) -> str:
        theme = rule[1]
        twin = rule[0].replace(f'[data-theme="{theme}"]', '[data-theme="auto"]')
        return f"{rule[0]}\n@media (prefers-color-scheme: {theme}) {{{twin}\n}}"

    return _RULE.sub(repeated, css)
