"""`backup` and `restore`: all that the centre keeps in one file, taken while it runs; and back, checked to the byte."""

import shutil
import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

from components.ui.error_messages import reason
from components.ui.format import clock, day, number
from ioc.auth import audit_log
from ioc.auth.principal import Kind
from ioc.auth.secret_key import FILE as SECRET_FILE
from ioc.cli.context import Context
from ioc.cli.restore_revocations import Since, before, close_again, told
from ioc.storage.access import audit_log as rows
from ioc.storage.access import sessions
from ioc.storage.backup import archive, online
from ioc.storage.backup.archive import ArchiveError, Manifest
from ioc.storage.backup.atomic_swap import replace
from ioc.storage.db import change_counter
from ioc.storage.db.data_dir_lock import alone
from ioc.storage.db.store import Store, StoreError
from ioc.storage.timeseries import host_health


def backup(context: Context, file: str, *, with_secret: bool = False) -> int:
    """Everything that is kept, as it is now, in FILE. The program may run."""
    path, data = Path(file).absolute(), context.settings.data
    if not data.is_dir():
        context.complain("backup_nowhere", folder=data)
        return 1
    with _told(context), closing(context.store()) as store:
        copied = path.with_name(f".{path.name}.store")
        try:
            with archive.writing(path) as into:
                told = online.copy(store, context.settings.database_url, copied)
                into.add(told.name, copied)
                for name, one in archive.files(data):
                    into.add(name, one)
                if with_secret:
                    into.add(archive.SECRET, data / SECRET_FILE)
                into.finish(_manifest(context, told))
        finally:
            copied.unlink(missing_ok=True)
        members, size = archive.read(path).members, path.stat().st_size
        digest = archive.digest(path)
        context.say(
            "backup_made",
            path=path,
            size=number(size / 1e6, 1),
            members=len(members),
            at=_moment(told.at),
            digest=digest,
        )
        if archive.SECRET not in members:
            context.say("backup_secretless")
        _note(context, store, path, told, size, digest)
        return 0
    return 1


def _moment(at: datetime) -> str:
    return f"{clock(at)} {day(at)}"


def _manifest(context: Context, told: online.Copied) -> Manifest:
    with (context.root / "pyproject.toml").open("rb") as file:
        program = tomllib.load(file)["project"]["version"]
    return Manifest(
        at=told.at.isoformat(), made=context.clock().isoformat(), program=program, configuration=told.configuration,
        revision=told.revision, profile=context.settings.profile, trail=told.trail,
    )  # fmt: skip


def _note(context: Context, store: Store, path: Path, told: online.Copied, size: int, digest: str) -> None:
    """Into the store that was copied. One of an older program, before its upgrade, has no place for it."""
    now = context.clock()
    try:
        with store.write() as conn:
            host_health.note_backup(conn, told.at, size, digest)
            audit_log.write(conn, audit_log.Entry("", Kind.LOCAL, "backup", path.name, after=f"sha256 {digest}"), now)
    except StoreError:
        context.complain("backup_unnoted")


def restore(context: Context, file: str, *, overwrite: bool = False) -> int:
    """Put what is in FILE in the place of IOC_DATA, once all of it is known to be good."""
    path, data = Path(file).absolute(), context.settings.data
    if context.settings.database_url != f"sqlite:///{data / 'ioc.db'}":
        context.complain("restore_elsewhere")
        return 1
    data.mkdir(parents=True, exist_ok=True)
    with alone(data) as free, _told(context):
        if not free:
            context.complain("restore_running", folder=data)
            return 1
        if not overwrite and {one.name for one in data.iterdir()} - {"running", "ioc.db.leader"}:
            context.complain("restore_full", folder=data)
            return 1
        done = _restored(context, path)
        context.say(
            "restore_made",
            folder=data,
            at=_moment(datetime.fromisoformat(done.manifest.at)),
            members=len(done.manifest.members),
        )
        if done.aside:
            context.say("restore_aside", folder=done.aside)
        told(context, done.since)
        if not (data / SECRET_FILE).exists():
            context.say("restore_secretless")
        return 0
    return 1


@dataclass(frozen=True, slots=True)
class _Done:
    manifest: Manifest
    aside: Path | None
    since: Since


def _restored(context: Context, path: Path) -> _Done:
    data = context.settings.data
    was_there = any(one.name not in ("running", "ioc.db.leader") for one in data.iterdir())
    fresh = Path(mkdtemp(prefix=f".{data.name}.", dir=data.parent))
    try:
        manifest = archive.unpack(path, fresh)
        if archive.STORE not in manifest.members:
            raise ArchiveError(f"{path} holds no SQLite store: pg_restore takes {archive.DUMP} out of it")
        (fresh / archive.STORE).rename(fresh / "ioc.db")
        online.sound(fresh / "ioc.db")
        since = _settled(context, fresh, path)
        if archive.SECRET not in manifest.members and (data / SECRET_FILE).is_file():
            shutil.copy2(data / SECRET_FILE, fresh / SECRET_FILE)
        aside = data.with_name(f"{data.name}.before-{context.clock():%Y%m%d-%H%M%S}")
        replace(fresh, data, aside)
    except OSError as error:
        raise ArchiveError(f"{data} cannot be replaced: {error.strerror}") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    if not was_there:
        shutil.rmtree(aside, ignore_errors=True)
    return _Done(manifest, aside if was_there else None, since)


def _settled(context: Context, fresh: Path, path: Path) -> Since:
    """The store is brought to this program's tables, its trail looked through; who was signed in then is so no more.

    What was closed since then is closed again, where the store that gives way tells of it.
    """
    with closing(Store(f"sqlite:///{fresh / 'ioc.db'}")) as store:
        store.migrate()
        with store.read() as conn:
            found = rows.verify(conn)
        if found.fault:
            raise ArchiveError(f"the trail in the backup is broken at row {found.broken}: {found.fault}")
        now, replaced = context.clock(), before(context.settings.data / "ioc.db")
        with store.write() as conn:
            change_counter.bump(conn, {"access", "machine"}, now)
            sessions.end(conn, [one.id for one in sessions.listed(conn)])
            digest = f"sha256 {archive.digest(path)}"
            done = close_again(conn, replaced, now)
            back = f"back: {' '.join(done.back)}" if done.back else ""
            why = "what was closed since is not known" if done.unknown else back
            head = rows.told(done.head) if done.head else ""  # numbers after the backup are given again
            entry = audit_log.Entry("", Kind.LOCAL, "restore", path.name, before=head, after=digest, why=why)
            audit_log.write(conn, entry, now)
        return done


@contextmanager
def _told(context: Context) -> Iterator[None]:
    """What went wrong is said in the reader's words; the command that it happened in goes on to its end."""
    try:
        yield
    except StoreError as error:
        sys.stderr.write(reason(error.reason, context.lang) + "\n")
