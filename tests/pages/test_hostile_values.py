"""Forged values, paths and parameters: a request of a working page is never answered with a failure of the server."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dash
import pytest
from dash._pages import _path_to_page
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ioc.dash_kit.callbacks import callback_action, callback_name
from ioc.domain.access.principal import Role
from ioc.storage.db.store import Store
from ioc.web.errors.codes import RequestCode
from ioc.web.middleware.authorization import PAGE_CALLBACK
from tests.pages.conftest import UPDATE, HasApp, find_callback, request_of, working
from tests.pages.submission_site import PATHS, SubmissionSite, site
from tests.storage.conftest import postgres, postgres_url, url
from tests.web.views.conftest import Centre

__all__ = ["postgres", "postgres_url", "site", "url"]

FORGED: tuple[Any, ...] = (
    None, "", 0, -1, 2**63, 1e400, float("nan"), 1.5, True, [], {}, "x", "\ud800", "\0", "²", [None], [[]],
    {"value": None}, {"value": 2**63}, {"value": ["x"]}, {"value": "\ud800"}, {"value": "²"}, {"value": "\0"},
    {"key": None, "period": None}, {"key": [], "period": {}}, {"name": None, "version": None},
    {"name": ["a"], "version": "x"}, {"name": "truong\0", "version": "\0"}, {"su-kien": "a/b\0"}, {"su-kien": 5},
    {"startRow": "x", "endRow": 1}, {"startRow": 2**63, "endRow": 2**64}, {"startRow": -5, "endRow": 5},
    {"startRow": 0, "endRow": 5, "sortModel": [{"colId": [], "sort": {}}]},
    {"startRow": 0, "endRow": 5, "sortModel": "a"},
    {"startRow": 2**52, "endRow": 2**53 - 1},
)  # fmt: skip
PLAIN = {"cellRendererData": {"value": "truong"}, "getRowsRequest": {"startRow": 0, "endRow": 9}}
SHOWN = {"key": "d", "period": "2026-10", "name": "truong", "version": ""}


@dataclass(frozen=True)
class FullSite:
    """A site whose every request is made by somebody with all roles. `pages`: whose services it has."""

    site: HasApp
    client: FlaskClient
    base: str
    wait: Callable[[], object]
    pages: Callable[[str], bool]

    def post(self, payload: object) -> TestResponse:
        """Sends a callback's request, and no limit of requests is met."""
        self.wait()
        return self.client.post(
            UPDATE, base_url=self.base, data=json.dumps(payload), content_type="application/json"
        )  # fmt: skip

    def get(self, path: str) -> TestResponse:
        self.wait()
        return self.client.get(path, base_url=self.base)


@pytest.fixture(params=["access", "submissions"])
def full_site(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> Iterator[FullSite]:
    """The pages of access and those of submissions, on each store."""
    with closing(Store(url)) as store:
        if request.param == "access":
            centre = Centre(store, tmp_path, pages_package="pages")
            browser = centre.signed_in("truong", *Role)

            def wait() -> None:
                centre.site.seconds.at += 60

            yield FullSite(centre, browser.client, browser.base, wait, lambda page: page not in PATHS)
        else:
            submissions = SubmissionSite(store, tmp_path)
            submissions.sign_in_as("an", *Role, agency="a")
            yield FullSite(
                submissions, submissions.client, "http://localhost", lambda: None, lambda page: page in PATHS
            )


def forged_requests(output: str, callback: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Requests for a callback: in each one value is another than its page sends; then ids, outputs and triggers."""
    names = [f"{each['id']}.{each['property']}" for each in (*callback["inputs"], *callback["state"])]
    kinds = [json.loads(each["id"])["type"] for each in callback["state"] if each["id"].startswith("{")]
    usual: dict[str, Any] = {
        name: PLAIN.get(name.rpartition(".")[2], SHOWN if "opened" in name else "x") for name in names
    }
    usual |= {f"{kind}.value": {"x": "1"} for kind in kinds}
    for name in names:
        yield from (request_of(output, callback, {**usual, name: value}) for value in FORGED)
    typed: tuple[dict[str, object], ...] = ({}, {"\ud800": "1"}, {"x": ["x"]}, {"x": {}}, {"x": True})
    for fields in typed if kinds else ():
        yield request_of(output, callback, usual | {f"{kind}.value": fields for kind in kinds})
    for changed in ([], [""], ["x"], ['{"type":"a"}.value'], ["{x.y"], ["é.\ud800"], [5], 5):
        yield {**request_of(output, callback, usual), "changedPropIds": changed}


def test_no_forged_value_makes_the_server_fail(full_site: FullSite) -> None:
    failed, taken = [], 0
    for output, callback in full_site.site.app.callback_map.items():
        name = callback_name(callback)
        if callback_action(callback) is None or not full_site.pages(name.partition(".")[0]):
            continue
        for payload in forged_requests(output, callback):
            status = full_site.post(payload).status_code
            taken += status == 200
            if status >= 500:
                failed.append((name, status, payload["inputs"], payload["state"], payload["changedPropIds"]))
    assert not failed
    assert taken


def test_fields_that_do_not_fit_are_refused_before_the_command(site: SubmissionSite) -> None:
    site.sign_in_as("an", Role.REPORTER, Role.OPERATOR, agency="a")
    for function in ("figures.send", "call.put_down"):
        page = function.partition(".")[0]
        output, callback = find_callback(site, function)
        values = site.form(page, "d") | {f"{page}-figure.value": {"x": "10", "y": "20,5"}}
        payload: Any = request_of(output, callback, values)
        for part in ("outputs", "state"):
            forged = {**payload, part: [[] if isinstance(each, list) else each for each in payload[part]]}
            answer = site.client.post(UPDATE, json=forged)
            assert (answer.status_code, answer.get_json()["code"]) == (400, RequestCode.MALFORMED)
    assert site.audited_actions() == []


def page_request(path: object, search: object = "") -> dict[str, Any]:
    """The request by which Dash renders the page at an address."""
    parts = [("_pages_content", "children"), ("_pages_store", "data")]
    return {
        "output": PAGE_CALLBACK,
        "outputs": [{"id": name, "property": prop} for name, prop in parts],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": path},
            {"id": "_pages_location", "property": "search", "value": search},
        ],
        "changedPropIds": [],
    }


def spellings(path: str) -> list[str]:
    """Addresses that Dash or we may take for the one of a page."""
    inner = path.strip("/")
    return [
        path, inner, f"//{inner}", f"///{inner}//", f"{path}/", f"/{inner}\n", f"/{inner}/x", f"/{inner}/x/y",
        f"/./{inner}", f"/{inner}?", f"/{inner.replace('/', '//')}", f"/{inner.upper()}", f"\\{inner}", f"/{inner}%2f",
    ]  # fmt: skip


def test_each_spelling_of_a_path_is_one_page_for_the_gate_and_for_dash(centre: Centre) -> None:
    browser, rendered = working(centre.signed_in("xem", Role.VIEWER)), 0
    registry = centre.app.pages
    for page in dash.page_registry.values():
        path = (page["path_template"] or page["path"]).replace("<", "").replace(">", "")
        for spelling in spellings(path):
            ours, of_dash = registry.match(spelling)[0], _path_to_page(spelling.strip("/"))[0]  # type: ignore[no-untyped-call]
            centre.site.seconds.at += 60
            answer = browser.client.post(UPDATE, base_url=browser.base, json=page_request(spelling))
            if answer.status_code == 200:
                assert ours.name == of_dash.get("name"), spelling
                assert ours.action == page["action"], spelling
                rendered += 1
            else:
                assert answer.status_code in (403, 404, 429), spelling
    assert rendered


@pytest.mark.parametrize("path", ["/quan-tri/tai-khoan", "//quan-tri/tai-khoan", "/don-doc/a/b/c", "//don-doc/a/b"])
def test_viewer_is_given_no_page_of_others(centre: Centre, path: str) -> None:
    browser = working(centre.signed_in("xem", Role.VIEWER))
    answer = browser.client.post(UPDATE, base_url=browser.base, json=page_request(path))
    assert answer.status_code in (403, 404)


@pytest.mark.parametrize("path", [None, 5, ["/"], "\ud800", "/\0", "/nhap-so-lieu/\ud800"])
def test_malformed_path_of_a_page_is_refused(full_site: FullSite, path: object) -> None:
    assert full_site.post(page_request(path)).status_code in (400, 404)


@pytest.mark.parametrize("referer", ["http://[", "http://[::1", "//[x]/", "\x80", "http://a/%00"])
@pytest.mark.parametrize("path", ["/_dash-layout", "/_dash-dependencies", "/"])
def test_referer_that_is_no_address_counts_as_none(centre: Centre, referer: str, path: str) -> None:
    browser = working(centre.signed_in("xem", Role.VIEWER))
    assert browser.get(path, Referer=referer).status_code == 200


ADDRESSES = {
    "figures": ("/nhap-so-lieu/d?ky=1&ky=2", "/nhap-so-lieu/d?ky=%00", "/nhap-so-lieu/d?ky=%ED%A0%80",
                "/nhap-so-lieu/d?key=a&key=b", "/nhap-so-lieu/d?self=1&params=2"),
    "call": ("/bao-qua-dien-thoai/icu?ky=x&ky=y",), "remind": ("/don-doc/d/2026-09?period=5&period=6",),
    "submit": ("/nhap-so-lieu?tim=a&tim=b",), "personal": ("/chi-tiet?su-kien=a/b%00&su-kien=c/d%00",),
    "audit": ("/quan-tri/nhat-ky?tu=a&tu=b",), "account": ("/tai-khoan?xong=a&xong=b",),
    "wall": ("/tuong?luc=a&luc=b", "/?%00=1"),
}  # fmt: skip


def test_parameters_that_are_doubled_or_no_text_make_no_page_fail(full_site: FullSite) -> None:
    for address in (each for page, listed in ADDRESSES.items() if full_site.pages(page) for each in listed):
        path, _, query = address.partition("?")
        assert full_site.post(page_request(path, f"?{query}")).status_code < 500, address
        assert full_site.get(address).status_code < 500, address


def test_address_does_not_change_what_the_path_names(site: SubmissionSite) -> None:
    site.sign_in_as("an", *Role, agency="a")
    assert site.client.post(UPDATE, json=page_request("/nhap-so-lieu/d", "?key=other")).status_code == 400
