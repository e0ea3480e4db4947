"""The link to the other language, on every page."""

import re
from pathlib import Path

import dash

from components.screens.shell import header_frame
from ioc.snapshot.view import View
from ioc.web.app_factory import create_app
from tests.city import full_city
from tests.web.fake import FakeReads, settings


def test_link_leaves_out_what_stands_in_the_path(tmp_path: Path) -> None:
    """An address whose query gives a variable of the path again is refused."""
    create_app(FakeReads(), settings(tmp_path, pages_package="pages"))
    found = [page for page in dash.page_registry.values() if page["path_template"]]
    assert {page["name"] for page in found} >= {"kpi", "unit", "directive", "call", "task"}
    for page in found:
        variables = re.findall(r"<(\w+)>", page["path_template"])
        view = View(full_city(), {**dict.fromkeys(variables, "a"), "khoang": "7d"}, "vi", lambda *_: ())
        frame = header_frame(view, page["name"]) | (page["frame"](view) if page.get("is_working") else {})
        (link,) = re.findall(r'href="([^"]*)" hreflang', str(frame["shell-tools"]["markup"]))
        assert link == "?khoang=7d&amp;lang=en", page["name"]
