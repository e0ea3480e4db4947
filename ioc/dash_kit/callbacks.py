"""The only way to register a callback in a page: each names the action that it takes.

The web package refuses a callback that names none, and asks for the action before the callback runs
(ioc/web/middleware/authorization.py); the command that it calls asks about the object. An exception becomes the error
of its code, which the browser shows (assets/working/10-callback-errors.js).
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import dash
from dash.dependencies import ALL, ClientsideFunction, Input, Output, State

from ioc.dash_kit.typed import typed_arguments
from ioc.domain.access.permissions import Action

CallbackFunction = TypeVar("CallbackFunction", bound=Callable[..., Any])
_ACTION = "ioc_action"


def page_callback(
    output: Any = None, *, inputs: Any, state: Any = None, action: Action, running: Any = None,
    prevent_initial_call: bool | str = False,
) -> Callable[[CallbackFunction], CallbackFunction]:  # fmt: skip
    """Registers a function as a callback that takes `action`.

    `output`, `inputs`, `state`: as Dash takes them, best as dictionaries: the function then has their keys as arguments
    and returns a dictionary. The annotations of the function are the types of its arguments: another value is answered
    with 400, and the function does not run (typed.py). `running`: for instance
    [(Output("users-save", "disabled"), True, False)], so that nothing is sent twice.
    """
    options: dict[str, Any] = {"running": running, "prevent_initial_call": prevent_initial_call}
    dependencies = {"output": output, "inputs": inputs, "state": state}

    def register(function: CallbackFunction) -> CallbackFunction:
        typed = typed_arguments(function, needs_trigger=prevent_initial_call is True)
        setattr(typed, _ACTION, action)
        given = {name: value for name, value in dependencies.items() if value is not None}
        dash.callback(**given, **options)(typed)
        return function

    return register


def clientside_callback(function: str, *dependencies: Any, prevent_initial_call: bool | str = False) -> None:
    """Registers `function` of window.dash_clientside.ioc, which runs in the browser and changes nothing elsewhere."""
    dash.clientside_callback(
        ClientsideFunction("ioc", function), *dependencies, prevent_initial_call=prevent_initial_call
    )


def pressed_button(buttons: str, store: str) -> Input:
    """The input of a callback for a list of buttons with ids of type `buttons`: key and time of the one pressed last.

    `store`: id of the dcc.Store that the browser writes it into. No callback of the server has the buttons themselves
    as input: Dash drops its request when one of them leaves the list meanwhile, and calls it when one appears.
    """
    clicks = Input({"type": buttons, "key": ALL}, "n_clicks")
    clientside_callback("pressedKey", Output(store, "data"), clicks, prevent_initial_call=True)
    return Input(store, "data")


def opens_dialog(button: str, name: str) -> None:
    """`button` opens the dialog `name`, and the dialog's own button `<name>-close` closes it, both in the browser."""
    is_open = Output(name, "is_open", allow_duplicate=True)
    clientside_callback("openWhenClicked", is_open, Input(button, "n_clicks"), prevent_initial_call=True)
    closes_dialog(name)


def closes_dialog(name: str, button: str = "close") -> None:
    """The own button `<name>-<button>` of the dialog `name`, which a callback opens, closes it in the browser."""
    is_open = Output(name, "is_open", allow_duplicate=True)
    clientside_callback("closeWhenClicked", is_open, Input(f"{name}-{button}", "n_clicks"), prevent_initial_call=True)


def filters_table(field: str, table: str) -> None:
    """What is typed into `field` filters the rows of `table`, without tone marks; it stays in the address as `tim`."""
    options = State(table, "dashGridOptions")
    clientside_callback("searchTable", Output(table, "dashGridOptions"), Input(field, "value"), options)


def scrolls_to(section: str) -> None:
    """`section` comes into sight once a callback shows it: it may begin below the edge of the screen."""
    shown = Output(section, "data-shown")
    clientside_callback(
        "scrollToShown", shown, Input(section, "hidden"), State(section, "id"), prevent_initial_call=True
    )


def disabled_by(page: str, *buttons: str) -> list[tuple[Output, bool, bool]]:
    """What `running` of a callback is given so that these buttons of the page are disabled while it runs."""
    return [(Output(f"{page}-{button}", "disabled"), True, False) for button in buttons]


def callback_action(callback: Mapping[str, Any]) -> Action | None:
    """The action of an entry of Dash's callback_map; None for one that names none."""
    action = getattr(callback.get("callback"), _ACTION, None)
    return action if isinstance(action, Action) else None


def callback_name(callback: Mapping[str, Any]) -> str:
    """The name of an entry of Dash's callback_map, "users.add": file of the page, and function.

    "" for one of the browser.
    """
    function = callback.get("callback")
    return f"{function.__module__.rpartition('.')[2]}.{function.__name__}" if function else ""
