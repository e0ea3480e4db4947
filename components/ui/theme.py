"""Colour tokens. CSS defines their values (assets/00-tokens.css); Plotly figures name them.

A figure is rendered once for both themes and for paper: its colours are tokens such as "@ink", which the live client
replaces by the theme's values before it passes the figure to Plotly.
"""

TOKENS = (
    "ground", "panel", "line", "ink", "muted", "faint", "data", "good", "attention", "critical",
    "water", "land", "border",
)  # fmt: skip


def token(name: str) -> str:
    """The token of colour `name` in a Plotly figure. ValueError for an unknown name."""
    if name not in TOKENS:
        raise ValueError(f"no colour is called {name!r}")
    return f"@{name}"
