"""The colours. CSS holds them (assets/00-tokens.css); a figure dict names them and the screen fills them in.

A figure is drawn once for both themes and for paper: its colours are tokens, "@ink", "@data", …, which the live
client replaces by the theme's values before it hands the figure to plotly.
"""

TOKENS = (
    "ground", "panel", "line", "ink", "muted", "faint", "data", "good", "attention", "critical",
    "water", "land", "border",
)  # fmt: skip


def token(name: str) -> str:
    """The mark that stands for colour `name` in a figure dict. KeyError-like ValueError for an unknown one."""
    if name not in TOKENS:
        raise ValueError(f"no colour is called {name!r}")
    return f"@{name}"
