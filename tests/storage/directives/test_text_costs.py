"""Texts are read before a command's transaction, each once: what they cost keeps nobody else from writing."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from ioc.directives import context as context_module
from ioc.directives.act_command import ActCommand
from ioc.directives.acts import perform_all
from ioc.directives.instructions import Instruction, give_instruction, issue_document
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.act_errors import ActCode
from ioc.domain.directives.acts import Act, ActFields
from ioc.domain.directives.directive import Task
from ioc.domain.directives.document_checks import MAX_PARENTS, MAX_TASKS
from ioc.domain.events.pii_masking import mask_start
from ioc.storage.db.store import Conn, Store
from tests.storage.directives.cases import START, make_document
from tests.storage.directives.harness import DUE, USERS, Harness, refused


class WatchedStore:
    """A store that knows whether one of its transactions is open, and how many there were."""

    def __init__(self, store: Store) -> None:
        self._store, self.is_writing, self.writes = store, False, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def write(self) -> Iterator[Conn]:
        with self._store.write() as conn:
            self.is_writing, self.writes = True, self.writes + 1
            try:
                yield conn
            finally:
                self.is_writing = False


class Masked:
    """The texts that were masked, and those of them within a transaction."""

    def __init__(self, store: WatchedStore) -> None:
        self.store, self.texts, self.within = store, list[str](), list[str]()

    def __call__(self, text: str, max_length: int) -> str:
        self.texts.append(text)
        if self.store.is_writing:
            self.within.append(text)
        return mask_start(text, max_length)


@pytest.fixture
def masked(city: Harness, monkeypatch: pytest.MonkeyPatch) -> Masked:
    store = WatchedStore(city.store)
    city.context = replace(city.context, store=store)  # type: ignore[arg-type]
    noted = Masked(store)
    monkeypatch.setattr(context_module, "mask_start", noted)
    return noted


def test_texts_of_a_document_are_masked_once_and_before_its_transaction(city: Harness, masked: Masked) -> None:
    order = Task("p", LocalizedText("Gọi 0912 345 678"), "a", START, is_order=True, product=LocalizedText("Báo cáo"))
    parts = tuple(replace(order, key=f"p-{n}", is_order=False, part_of="p", lead="b") for n in range(9))
    assert len(city.enter(make_document("m", tasks=(order, *parts)), assign=True)) == 10
    assert not masked.within and Counter(masked.texts)["Gọi 0912 345 678"] == Counter(masked.texts)["Báo cáo"] == 1


def test_texts_of_acts_and_instructions_are_masked_before_their_transactions(city: Harness, masked: Masked) -> None:
    city.act("gd-c", Act.RECEIVE)
    city.act("gd-c", Act.REPORT, text="Đã làm", difficulties="Mưa", document_number="1/BC")
    stated = ActFields(due=DUE, basis="9/QĐ", text="Gia hạn")
    extended = tuple(ActCommand(f"d/nv-{n}", Act.EXTEND, stated, "ct") for n in (0, 2))
    assert len(perform_all(city.context, extended, USERS["ct"])) == 2
    instruction = Instruction("ct", "Kiểm tra", "a", "/", city.now, "k", "1")
    draft = give_instruction(city.context, instruction, USERS["ct"])
    issue_document(city.context, draft.key, "5/TB", START, "vp", USERS["vp"])
    assert not masked.within and Counter(masked.texts)["Gia hạn"] == 1


@pytest.mark.parametrize(
    ("size", "parents", "code"),
    [(MAX_TASKS + 1, 0, ActCode.TOO_MANY_TASKS), (1, MAX_PARENTS + 1, ActCode.TOO_MANY_PARENTS)],
)
def test_too_large_a_document_is_refused_before_anything_of_it_is_read(
    city: Harness, masked: Masked, size: int, parents: int, code: ActCode
) -> None:
    before = masked.store.writes
    tasks = tuple(Task(f"n-{n}", LocalizedText("x"), "a", START) for n in range(size))
    with refused(code):
        city.enter(make_document("n", tasks=tasks, parents=tuple(map(str, range(parents)))))
    assert masked.store.writes == before and not masked.texts
