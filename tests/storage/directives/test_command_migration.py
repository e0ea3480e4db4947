"""Commands on directives that an older program has done are known to this one, on both databases."""

import hashlib
import json
from contextlib import closing

from sqlalchemy import text

from ioc.storage.db import commands
from ioc.storage.db.store import Store
from tests.storage.expected_store import START

CONTENT = ["d/nv-1", "receive", "gd-a", "", {}]


def test_a_command_done_before_the_upgrade_is_not_done_again(empty_url: str) -> None:
    fingerprint = hashlib.sha256(json.dumps(CONTENT, sort_keys=True).encode()).hexdigest()
    with closing(Store(empty_url)) as store:
        store.migrate("0005")
        with store.write() as conn:
            row = {"fingerprint": fingerprint, "actor": "an", "key": "k1"}
            conn.execute(
                text(
                    "INSERT INTO directive_command (actor, key, known_ms, fingerprint, event_id)"
                    " VALUES (:actor, :key, 1, :fingerprint, 42)"
                ),
                row,
            )
        store.migrate()
        with store.write() as conn:
            assert commands.claim(conn, "an", "k1", CONTENT, START) == "42"
            assert commands.claim(conn, "an", "k2", CONTENT, START) is None
