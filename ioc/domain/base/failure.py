"""A failure: a code with parameters. It is put into words where it is shown, by the catalogue."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self, Union

from ioc.domain.base.text import replace_forbidden
from ioc.domain.base.times import is_in_every_zone

Parameter = Union[str, int, float, datetime, "Failure"]
_TIME = "$time"  # how a datetime is marked in JSON
_FAILURE = "code"


class ErrorCode(StrEnum):
    """Base of the codes of one subject; a value is "subject.reason", the key of its text in the catalogue.

    The text stands in components/messages/errors/<subject>.toml under <reason>, in both languages.
    """


@dataclass(frozen=True, slots=True)
class Failure:
    """What failed. `params` fill the holes of the code's text; a parameter may be a failure itself, as a cause.

    `external`: words of somebody else, of a server or a driver, quoted as they came; never translated. Characters that
    no store takes are replaced in all texts: a failure can be stored whatever it quotes, such as the name of a file.
    """

    code: str
    params: Mapping[str, Parameter] = field(default_factory=dict)
    external: str = ""

    def __post_init__(self) -> None:
        # The plain string, so that a failure equals itself after it was stored.
        object.__setattr__(self, "code", str(self.code))
        params = {name: _storable(value) for name, value in self.params.items()}
        if any(params[name] is not value for name, value in self.params.items()):
            object.__setattr__(self, "params", params)
        object.__setattr__(self, "external", replace_forbidden(self.external))

    def __str__(self) -> str:
        """For logs: the code, its parameters, the quoted words."""
        parts = [self.code, *(f"{name}={value}" for name, value in self.params.items())]
        return " ".join(parts) + (f": {self.external!r}" if self.external else "")

    def __hash__(self) -> int:
        return hash(
            (self.code, tuple(sorted((name, str(value)) for name, value in self.params.items())), self.external)
        )

    def map_text(self, change: Callable[[str], str]) -> "Failure":
        """The same failure with `change` applied to every text from outside: secrets masked, lengths bounded."""
        params = {name: _map_parameter(value, change) for name, value in self.params.items()}
        return Failure(self.code, params, change(self.external))

    def to_json(self) -> dict[str, Any]:
        """A JSON object from which `from_json` makes the same failure."""
        body: dict[str, Any] = {_FAILURE: self.code}
        if self.params:
            body["params"] = {name: _parameter_to_json(value) for name, value in self.params.items()}
        if self.external:
            body["external"] = self.external
        return body

    def to_text(self) -> str:
        """`to_json` as one line of text, the same for equal failures."""
        return json.dumps(self.to_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The failure that `to_text` wrote."""
        return cls.from_json(json.loads(text))

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """The failure that `to_json` wrote. KeyError or ValueError when it is none."""
        params = {name: _parameter_from_json(value) for name, value in body.get("params", {}).items()}
        return cls(body[_FAILURE], params, body.get("external", ""))


class FailureError(Exception):
    """Base of the errors that carry a failure. `more`: what else is wrong with the same input, see `check_all`."""

    more: "tuple[FailureError, ...]" = ()

    def __init__(self, code: ErrorCode | Failure, /, *, external: str = "", **params: Parameter) -> None:
        self.failure = code if isinstance(code, Failure) else Failure(code, params, external)
        super().__init__(str(self.failure))


def check_all(*checks: Callable[[], object]) -> None:
    """Runs every check of an input. FailureError: the first one, with those of the other checks as its `more`."""
    errors = list[FailureError]()
    for check in checks:
        try:
            check()
        except FailureError as error:
            errors.append(error)
    if errors:
        errors[0].more = tuple(errors[1:])
        raise errors[0]


def _storable(value: Parameter) -> Parameter:
    if isinstance(value, datetime):  # one at the end of the calendar is quoted: no screen could show it in its zone
        return value if is_in_every_zone(value) else value.isoformat()
    return replace_forbidden(value) if type(value) is str else value


def _map_parameter(value: Parameter, change: Callable[[str], str]) -> Parameter:
    if isinstance(value, Failure):
        return value.map_text(change)
    return change(value) if isinstance(value, str) else value


def _parameter_to_json(value: Parameter) -> Any:
    if isinstance(value, Failure):
        return value.to_json()
    return {_TIME: value.isoformat()} if isinstance(value, datetime) else value


def _parameter_from_json(value: Any) -> Parameter:
    if isinstance(value, dict):
        return datetime.fromisoformat(value[_TIME]) if _TIME in value else Failure.from_json(value)
    if not isinstance(value, str | int | float):
        raise ValueError(f"a parameter of a failure is a {type(value).__name__}")
    return value
