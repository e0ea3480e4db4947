"""The sources that docs/protocols shows, as the configuration of the city reads them."""

import re
from datetime import date
from pathlib import Path

from data_sources import protocols
from ioc.config.loading import load
from ioc.domain.ingest.source import Source

_ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def documented(protocol: str, folder: Path, **environment: str) -> Source:
    """The first yaml of docs/protocols/<protocol>.md, added to the city's own sources in `folder`."""
    fence = _FENCE.search((_ROOT / "docs" / "protocols" / f"{protocol}.md").read_text("utf-8"))
    assert fence is not None, "the page shows no source"
    (folder / "city.yaml").write_text(f"extends: {_ROOT / 'config' / 'cantho'}\n", "utf-8")
    (folder / "sources.yaml").write_text(f"extends: true\nsources:\n{fence[1]}", "utf-8")
    key = re.search(r"key: ([a-z0-9-]+)", fence[1])
    assert key is not None
    sources = load(folder, environment, protocols(), today=date(2026, 11, 24)).sources
    source = next(source for source in sources if source.key == key[1])
    assert source.protocol == protocol
    return source
