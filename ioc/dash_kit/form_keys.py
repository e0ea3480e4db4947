"""The key of a form that creates something: who sends the form twice has one act and one answer.

It is new with each layout, and after each act that was done; the command takes it (ioc/auth/sent_twice.py).
"""

import secrets

from dash import Output, State, dcc


def form_key(form: str) -> dcc.Store:
    """The key of `form`, which begins with the name of the page."""
    return dcc.Store(id=f"{form}-key", data=new_key())


def new_key() -> str:
    """A token of ioc/auth/tokens.py; for `key_output`, once the act was done."""
    return secrets.token_urlsafe(32)


def key_state(form: str) -> State:
    """The key as the browser sends it: a text or None."""
    return State(f"{form}-key", "data")


def key_output(form: str) -> Output:
    """The key of the next act; `no_update` where nothing was done."""
    return Output(f"{form}-key", "data")
