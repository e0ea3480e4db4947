"""The register of documents: a tree of those that are followed and of those of the configuration, each in its place."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest

from components.directives.document_list import tasks_text
from ioc.directives.document_queries import MAX_LINKS, document_links
from ioc.directives.document_register import PlacedDocument, all_documents, each_once, list_documents
from ioc.directives.queries import find_document
from ioc.domain.access.permissions import PermissionDeniedError
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.acts import Act
from ioc.domain.directives.directive import Document, Register, Task, Visibility
from ioc.storage.directives import documents
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import DAY, DUE, READER, USERS, Harness


def configured(key: str, number: str, *parents: str, tasks: tuple[Task, ...] = (), day: date | None = None) -> Document:
    title = LocalizedText(f"Văn bản của thành phố {number}")
    return Document(key, number, title, "quyết định", "a", day, None, tasks, parents)


TOP = configured("ttg-950", "950/QĐ-TTg", day=date(2018, 8, 1))
LETTER = configured("btttt-2333", "2333/BTTTT", day=date(2023, 6, 20))
SEED = configured(
    "ubnd-2322", "2322/UBND", "btttt-2333", "ttg-950", tasks=(Task("nv-1", LocalizedText("Tham mưu"), "a", START),)
)


@pytest.fixture
def register(city: Harness) -> Harness:
    """Document d, of the simulation and below 2322, beside the three of the configuration."""
    city.context = replace(city.context, limits=Register((TOP, LETTER, SEED), city.context.agencies))
    with city.store.write() as conn:
        conn.exec_driver_sql("DELETE FROM directive_parent")
    city.enter(make_document("e", 2, parents=("d",), issued_on=START + DAY))
    city.enter(make_document("f", 1, parents=("ubnd-2322",), issued_on=START + 2 * DAY))
    return city


def rows(city: Harness, who: str = "vp", **params: str) -> list[PlacedDocument]:
    return list(list_documents(city.context, params, USERS[who]).rows)


def places_of(found: list[PlacedDocument]) -> list[tuple[str, int]]:
    return [(row.document.key, row.depth) for row in found]


def test_each_document_stands_below_what_it_carries_out(register: Harness) -> None:
    assert places_of(rows(register)) == [
        ("d", 0), ("e", 1), ("btttt-2333", 0), ("ubnd-2322", 1), ("f", 2), ("ttg-950", 0), ("ubnd-2322", 1),
    ]  # fmt: skip
    page = list_documents(register.context, {}, USERS["vp"])
    assert (page.total, page.documents) == (7, 6) and len({row.id for row in page.rows}) == 7
    assert [row.is_repeated for row in page.rows] == [False] * 6 + [True]


def test_blocks_are_parts_of_the_whole(register: Harness) -> None:
    whole = rows(register)
    blocks = [list_documents(register.context, {}, USERS["vp"], start=n, limit=3).rows for n in (0, 3, 6)]
    assert [row for block in blocks for row in block] == whole == list(all_documents(register.context, {}, USERS["vp"]))


def test_documents_without_a_task_claim_none(register: Harness) -> None:
    found = {row.document.key: row for row in rows(register)}
    assert [found[key].totals.assigned for key in ("ubnd-2322", "ttg-950", "f")] == [(1, 0), (0, 0), (0, 0)]
    assert not found["ubnd-2322"].is_stored and found["f"].is_stored
    assert [each.number for each in found["ubnd-2322"].parents] == ["2333/BTTTT", "950/QĐ-TTg"]
    register.now += DUE - START + DAY * 3
    assert {row.document.key: row.totals.overdue for row in rows(register)}["d"] == 2


def test_file_has_each_document_once(register: Harness) -> None:
    places = list(all_documents(register.context, {}, USERS["vp"]))
    once = [row.document.key for row in each_once(places)]
    assert len(places) > len(once) == len(set(once)) and set(once) == {row.document.key for row in places}


def test_withdrawn_task_is_beside_the_total_as_on_the_page_of_its_document(register: Harness) -> None:
    def counted() -> tuple[tuple[int, int], int]:
        totals = {row.document.key: row.totals for row in rows(register)}["d"]
        return totals.assigned, totals.beside

    def on_its_page() -> tuple[int, int]:
        return find_document(register.context, "d", USERS["vp"]).numbers

    assert counted() == ((2, 1), 0) and on_its_page() == (2, 1)
    register.act("vp", Act.WITHDRAW, basis="1/QĐ")
    assert counted() == ((1, 1), 1) and on_its_page() == (1, 1)
    assert tasks_text(next(row for row in rows(register) if row.document.key == "d"), "vi").count("thu hồi") == 1


def test_words_and_origin_leave_what_they_ask_for(register: Harness) -> None:
    assert places_of(rows(register, tim="van ban thanh pho 2322")) == [("ubnd-2322", 0)]
    assert {row.document.key for row in rows(register, loai="mo-phong")} == {
        row.document.key for row in rows(register) if row.document.is_simulated
    }
    assert {row.document.key for row in rows(register, loai="thanh-pho")} >= {"ttg-950", "ubnd-2322"}
    assert rows(register, tim="không có ở đâu") == [] == rows(register, loai="khác")


def test_followed_document_takes_the_place_of_the_configured_one(register: Harness) -> None:
    register.enter(make_document("ubnd-2322", 2, number="2322/UBND", parents=("ttg-950",)))
    found = [row for row in rows(register) if row.document.key == "ubnd-2322"]
    assert [(row.is_stored, [each.key for each in row.parents]) for row in found] == [(True, ["ttg-950"])]


def test_restricted_document_is_seen_by_its_agencies_alone(register: Harness) -> None:
    register.enter(make_document("g", 3, visibility=Visibility.AGENCIES_CONCERNED), assign=True)
    seen = {who: "g" in {row.document.key for row in rows(register, who)} for who in ("vp", "gd-a", "gd-c")}
    assert seen == {"vp": True, "gd-a": True, "gd-c": True}
    register.act("vp", Act.TRANSFER, "g/nv-2", agency="b", basis="1/QĐ")
    register.enter(make_document("h", 1, visibility=Visibility.AGENCIES_CONCERNED), assign=True)
    seen = {who: "h" in {row.document.key for row in rows(register, who)} for who in ("vp", "gd-a", "gd-b")}
    assert seen == {"vp": True, "gd-a": True, "gd-b": False}


def test_circle_of_the_configuration_hides_no_document(register: Harness) -> None:
    circle = (configured("x", "1/X", "y"), configured("y", "2/Y", "x"))
    register.context = replace(register.context, limits=Register(circle, register.context.agencies))
    assert {"x", "y"} < {row.document.key for row in rows(register)}


def test_page_of_a_document_leads_to_configured_ones_above_and_below(register: Harness) -> None:
    def links(key: str) -> Mapping[str, list[tuple[str, bool]]]:
        document = find_document(register.context, key, USERS["vp"]).document
        found = document_links(register.context, document, USERS["vp"])
        return {
            "above": [(each.key, each.is_stored) for each in found.parents],
            "below": [(each.key, each.is_stored) for each in found.children],
        }

    above = {key for key, _ in links("f")["above"]}
    assert above == {"ubnd-2322", "btttt-2333", "ttg-950"}
    register.enter(make_document("ttg-950", 1, number="950/QĐ-TTg"))
    assert links("ttg-950")["below"] == [("ubnd-2322", False)]


def test_page_of_a_document_shows_a_bounded_number_below_and_above(register: Harness) -> None:
    """Whoever looks at it waits, and so do others of the process."""
    above = [f"c{n}" for n in range(MAX_LINKS + 9)]
    below = [make_document(f"w{n}", 1, parents=(above[-1],)) for n in range(MAX_LINKS + 9)]
    hidden = make_document("x", 1, parents=(above[-1],), visibility=Visibility.AGENCIES_CONCERNED)
    chain = [make_document(key, 1, parents=(before,)) for before, key in pairwise(above)]
    with register.store.write() as conn:
        documents.put_documents(conn, [make_document(above[0], 1), *chain, *below, hidden], register.now)
        assert documents.ancestors_of(conn, [above[-1]]) == {key: [before] for before, key in pairwise(above)}
    seen = document_links(register.context, chain[-1], USERS["vp"])
    assert [each.key for each in seen.parents] == above[-MAX_LINKS - 1 : -1]
    assert (len(seen.children), seen.child_count) == (MAX_LINKS, MAX_LINKS + 10)
    others = document_links(register.context, chain[-1], USERS["gd-b"])
    assert others.child_count == MAX_LINKS + 9


def test_documents_in_a_circle_have_ancestors(register: Harness) -> None:
    with register.store.write() as conn:
        put = [make_document(key, 1, parents=(parent,)) for key, parent in ("pq", "qp")]
        documents.put_documents(conn, put, register.now)
        assert documents.ancestors_of(conn, ["p"]) == {"p": ["q"], "q": ["p"]}


def test_who_may_not_act_sees_no_register(register: Harness) -> None:
    with pytest.raises(PermissionDeniedError):
        list_documents(register.context, {}, READER)
    with pytest.raises(PermissionDeniedError):
        next(all_documents(register.context, {}, READER))
