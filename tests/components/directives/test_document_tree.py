"""The tree on the page of a document leads to what it does not show."""

import re
from urllib.parse import parse_qsl, urlsplit

from components.directives.document_page import document_tree
from ioc.directives.document_queries import document_links
from ioc.directives.document_register import all_documents
from ioc.directives.queries import find_document
from ioc.storage.db.store import Store
from tests.storage.directives.cases import make_document
from tests.storage.directives.harness import USERS, Harness


def test_link_to_more_documents_leads_to_a_list_that_has_them(store: Store) -> None:
    harness, below = Harness(store), {"d1", "d2", "d3"}
    harness.enter(make_document("d"))
    for key in below:
        harness.enter(make_document(key, 1, parents=("d",)))
    links = document_links(harness.context, find_document(harness.context, "d", USERS["vp"]).document, USERS["vp"])
    (href,) = re.findall(r'href="(/so-van-ban[^"]*)"', document_tree((), links.children[:1], links.child_count, "vi"))
    rows = all_documents(harness.context, dict(parse_qsl(urlsplit(href).query)), USERS["vp"])
    assert {row.document.key for row in rows if "d" in {each.key for each in row.parents}} == below
