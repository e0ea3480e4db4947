"""Migrations are one chain in the order of their files, so that two made in parallel fail here and not at a start."""

import re
from pathlib import Path

VERSIONS = Path(__file__).parents[2] / "ioc" / "storage" / "db" / "migrations" / "versions"
_KEY = re.compile(r'^(revision|down_revision) = "?(\w+)"?$', re.MULTILINE)


def test_each_migration_follows_the_one_before_it() -> None:
    before = "None"
    for path in sorted(VERSIONS.glob("[0-9]*.py")):
        versions = dict(_KEY.findall(path.read_text("utf-8")))
        assert versions == {"revision": path.name[:4], "down_revision": before}, path.name
        before = versions["revision"]
