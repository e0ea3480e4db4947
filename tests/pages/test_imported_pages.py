"""Applications of one test process share the import of the pages, and nothing that a test could change."""

from pathlib import Path

from tests.conftest import empty_store
from tests.web.views.conftest import Centre


def test_next_application_has_the_same_callbacks_and_pages_as_copies_of_its_own(tmp_path: Path) -> None:
    centres = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        centres.append(Centre(empty_store(tmp_path / name), tmp_path / name, pages_package="pages"))
    first, second = (centre.app.callback_map for centre in centres)
    assert len(first) > 100
    assert first.keys() == second.keys()
    assert not any(first[key] is second[key] for key in first)
    assert [route.name for route in centres[0].app.pages.routes] == [
        route.name for route in centres[1].app.pages.routes
    ]
    for centre in centres:
        centre.store.close()
