"""Positions and mandates as data."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, select

from ioc.domain.directives.acts import Act, PositionKind
from ioc.domain.directives.positions import Mandate, MandateKind, Position, Positions
from ioc.storage.db.damaged_rows import reads_records
from ioc.storage.db.dialect import upsert
from ioc.storage.directives.schema import directive_mandate, directive_position


def put_position(conn: Connection, position: Position) -> None:
    """Stores a position; one of the same key is replaced."""
    upsert(conn, directive_position, [{"key": position.key, "holder": position.holder, "body": _to_json(position)}])


def add_mandate(conn: Connection, mandate: Mandate) -> int:
    """Stores a mandate; returns its number."""
    inserted = directive_mandate.insert().returning(directive_mandate.c.id)
    return int(conn.execute(inserted, {"body": _to_json(mandate)}).scalar_one())


def put_mandate(conn: Connection, number: int, mandate: Mandate) -> None:
    """Replaces the mandate of that number."""
    conn.execute(directive_mandate.update().where(directive_mandate.c.id == number).values(body=_to_json(mandate)))


def load_mandates(conn: Connection) -> dict[int, Mandate]:
    """All mandates by number, also those that ended."""
    rows = conn.execute(select(directive_mandate).order_by(directive_mandate.c.id))
    return {row.id: read_mandate(row.body) for row in rows}


def load_positions(conn: Connection) -> Positions:
    """All positions and mandates, also those that ended."""
    bodies = conn.execute(select(directive_position.c.body).order_by(directive_position.c.key)).scalars()
    stored = [read_position(body) for body in bodies]
    return Positions({position.key: position for position in stored}, tuple(load_mandates(conn).values()))


def is_holder(conn: Connection, name: str) -> bool:
    """Whether a position names `name` as its holder, also one that ended."""
    return conn.execute(select(directive_position.c.key).where(directive_position.c.holder == name)).first() is not None


@reads_records
def read_position(text: str) -> Position:
    """The position that a body describes."""
    return Position(**_typed(json.loads(text), Position))


@reads_records
def read_mandate(text: str) -> Mandate:
    """The mandate that a body describes."""
    return Mandate(**_typed(json.loads(text), Mandate))


_ENUMS: Mapping[tuple[type, str], type] = {(Position, "kind"): PositionKind, (Mandate, "kind"): MandateKind}
_DAYS = ("valid_from", "valid_to")


def _to_json(value: Position | Mandate) -> str:
    return orjson.dumps(value, default=sorted, option=orjson.OPT_SORT_KEYS).decode()


def _typed(body: dict[str, Any], kind: type) -> dict[str, Any]:
    typed = {item.name: body[item.name] for item in fields(kind) if item.name in body}
    typed["kind"] = _ENUMS[kind, "kind"](typed["kind"])
    typed |= {name: date.fromisoformat(typed[name]) for name in _DAYS if typed[name]}
    sets = {name: frozenset(value) for name, value in typed.items() if isinstance(value, list)}
    return typed | sets | ({"acts": frozenset(map(Act, typed["acts"]))} if "acts" in typed else {})
