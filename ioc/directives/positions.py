"""Commands on positions and mandates, for administrators: none gives a position to themselves."""

from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from itertools import count

from ioc.directives.context import DirectiveContext
from ioc.domain.access.permissions import AccessTarget, Action, require
from ioc.domain.access.principal import Principal
from ioc.domain.base.slug import slugify
from ioc.domain.base.times import city_date
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.acts import PositionKind
from ioc.domain.directives.document_checks import check_day, check_days
from ioc.domain.directives.positions import Mandate, Position, Positions
from ioc.storage.db import change_counter, commands
from ioc.storage.db.commands import FORM_LIFETIME
from ioc.storage.db.store import Conn
from ioc.storage.directives import positions

_MAX_KEY = 100
_AGENCY_KINDS = frozenset({PositionKind.AGENCY_LEADER, PositionKind.AGENCY_OFFICER})


@dataclass(frozen=True, slots=True)
class NumberedMandate:
    """A mandate and its number."""

    number: int
    mandate: Mandate


def list_positions(context: DirectiveContext, principal: Principal) -> tuple[Positions, tuple[NumberedMandate, ...]]:
    """All positions, and all mandates with their numbers, also those that ended. PermissionDeniedError."""
    require(principal, Action.ADMINISTER)
    with context.store.read() as conn:
        numbered = positions.load_mandates(conn)
        found = tuple(NumberedMandate(number, mandate) for number, mandate in numbered.items())
        return positions.load_positions(conn), found


def add_position(context: DirectiveContext, position: Position, principal: Principal, form_key: str = "") -> str:
    """Stores a new position under a key made from its title and agency; returns the key.

    `form_key`: of the form, which within minutes adds one position; "": each time. Errors: see `save_position`;
    CommandError.
    """
    require(principal, Action.ADMINISTER, AccessTarget(account=position.holder))
    stem = slugify(f"{position.title} {position.agency}", _MAX_KEY) or position.kind.value
    with context.store.write() as conn:
        now = change_counter.bump(conn, {"directives"}, context.clock())
        done = commands.claim(conn, principal.name, form_key, _content(position), now, FORM_LIFETIME)
        if done is not None:
            return done
        taken = positions.load_positions(conn).by_key
        keys = (f"{stem}-{n}" if n > 1 else stem for n in count(1))
        new = replace(position, key=next(key for key in keys if key not in taken))
        _store(conn, context, new, principal, now)
        commands.keep_answer(conn, principal.name, form_key, new.key)
    return new.key


def _content(stated: Position | Mandate) -> list[str]:
    """What a form states, the same text for the same values."""
    values = (getattr(stated, item.name) for item in fields(stated))
    return [str(sorted(value) if isinstance(value, frozenset) else value) for value in values]


def save_position(context: DirectiveContext, position: Position, principal: Principal, version: str = "") -> None:
    """Stores a position, new or changed; it ends by a last day. `version`: as the sender saw it, "" for any.

    PermissionDeniedError; ActError (POSITION_CHANGED where somebody else has changed it).
    """
    require(principal, Action.ADMINISTER, AccessTarget(account=position.holder))
    with context.store.write() as conn:
        now = change_counter.bump(conn, {"directives"}, context.clock())
        by_key = positions.load_positions(conn).by_key
        stored = by_key.get(position.key)
        if version and (stored is None or stored.version != version):
            raise ActError(ActCode.POSITION_CHANGED)
        for deputy in _deputies(conn, position.key, city_date(now)):
            # What the position may, they may.
            require(principal, Action.ADMINISTER, AccessTarget(account=by_key[deputy].holder))
        _store(conn, context, position, principal, now)


def _deputies(conn: Conn, key: str, day: date) -> list[str]:
    """Keys of the positions that act for a position on `day` or later, by a mandate."""
    mandates = positions.load_mandates(conn).values()
    return [each.deputy for each in mandates if each.principal_position == key and (each.valid_to or day) >= day]


def _store(conn: Conn, context: DirectiveContext, position: Position, principal: Principal, now: datetime) -> None:
    _check_position(context, position)
    positions.put_position(conn, position)
    after = f"{position.kind.value} {position.holder} {position.valid_from}–{position.valid_to or ''}"
    context.write_entry(conn, principal, "directive-position-saved", position.key, after, position.basis)


def _check_position(context: DirectiveContext, position: Position) -> None:
    for name in ("title", "holder", "key"):
        if not getattr(position, name).strip():
            raise ActError(ActCode.FIELD_MISSING, field=name)
    check_days(position)
    if position.valid_to is not None and position.valid_to < position.valid_from:
        raise ActError(ActCode.ENDS_BEFORE_BEGINNING)
    if position.kind is PositionKind.SYSTEM and not position.master:
        raise ActError(ActCode.FIELD_MISSING, field="master")
    if position.kind in _AGENCY_KINDS and not position.agency:
        raise ActError(ActCode.FIELD_MISSING, field="agency")
    for agency in {position.agency, *position.agencies} - {""}:
        if agency not in context.agencies:
            raise ActError(ActCode.AGENCY_UNKNOWN, agency=agency)


def add_mandate(context: DirectiveContext, mandate: Mandate, principal: Principal, form_key: str = "") -> int:
    """Stores a delegation or a substitution; returns its number. `form_key`: see `add_position`.

    PermissionDeniedError; ActError; CommandError.
    """
    require(principal, Action.ADMINISTER)
    check_days(mandate)
    if mandate.valid_to is not None and mandate.valid_to < mandate.valid_from:
        raise ActError(ActCode.ENDS_BEFORE_BEGINNING)
    with context.store.write() as conn:
        now = change_counter.bump(conn, {"directives"}, context.clock())
        done = commands.claim(conn, principal.name, form_key, _content(mandate), now, FORM_LIFETIME)
        if done is not None:
            return int(done)
        stored = positions.load_positions(conn)
        for key in (mandate.principal_position, mandate.deputy):
            if key not in stored.by_key:
                raise ActError(ActCode.POSITION_NOT_VALID, position=key)
        if mandate.principal_position == mandate.deputy:
            raise ActError(ActCode.SUBSTITUTE_OF_SUBSTITUTE)
        require(principal, Action.ADMINISTER, AccessTarget(account=stored.by_key[mandate.deputy].holder))
        number = positions.add_mandate(conn, mandate)
        commands.keep_answer(conn, principal.name, form_key, str(number))
        target = f"{mandate.deputy} → {mandate.principal_position}"
        after = f"{mandate.kind.value} {mandate.valid_from}–{mandate.valid_to or ''} {' '.join(sorted(mandate.acts))}"
        context.write_entry(conn, principal, "directive-mandate-added", target, after, mandate.basis)
    return number


def end_mandate(context: DirectiveContext, number: int, last_day: date, principal: Principal) -> None:
    """Gives a mandate an earlier last day; what was done by it stays.

    PermissionDeniedError; ActError (NOT_OPEN): there is none, or it ends as early already.
    """
    require(principal, Action.ADMINISTER)
    check_day("valid_to", last_day)
    with context.store.write() as conn:
        change_counter.bump(conn, {"directives"}, context.clock())
        mandate = positions.load_mandates(conn).get(number)
        if mandate is None or (mandate.valid_to is not None and mandate.valid_to <= last_day):
            raise ActError(ActCode.NOT_OPEN)
        positions.put_mandate(conn, number, replace(mandate, valid_to=last_day))
        target = f"{mandate.deputy} → {mandate.principal_position}"
        context.write_entry(conn, principal, "directive-mandate-ended", target, last_day.isoformat(), "")
