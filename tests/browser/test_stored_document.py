"""No violation of WCAG 2.2 AA in the dialogs of a stored document: its tasks assigned, due dates confirmed, issued,
given back or withdrawn.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from ioc.directives.documents import DocumentEntry, enter_document
from ioc.directives.instructions import Instruction, give_instruction
from ioc.domain.access.principal import Role
from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.directives.directive import Document, Task
from tests.browser.axe import violations_by_theme
from tests.browser.test_access import READY
from tests.browser.test_working_pages import lasting_faults
from tests.browser.whole_centre import WholeCentre, sign_in_with
from tests.pages.directive_city import DAY

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WAIT = 60_000
SIZES = ((1180, 820), (390, 844))
ENTERED, GIVEN = "entered", "given"
STEPS = {
    ENTERED: (
        ("#stored-document-confirm", "#stored-document-confirming-go"),
        ("#stored-document-confirming-close", "#stored-document-assign"),
        ("#stored-document-assign", "#stored-document-ask-go"),
    ),
    GIVEN: (
        ("#stored-document-issue", "#stored-document-number"),
        ("#stored-document-issue-go", "#stored-document-number-error:not(:empty)"),
        ("#stored-document-issuing-close", "#stored-document-steps button >> nth=0"),
        ("#stored-document-steps button >> nth=0", "#stored-document-step textarea"),
        ("#stored-document-step-go", "#stored-document-step .field-error:not(:empty)"),
        ("#stored-document-step-close", "#stored-document-steps button >> nth=1"),
        ("#stored-document-steps button >> nth=1", "#stored-document-step .btn-danger"),
    ),
}


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[WholeCentre, dict[str, str]]]:
    """A centre with a document whose tasks wait for their agencies, and an instruction that waits for its number."""
    centre = WholeCentre(tmp_path_factory.mktemp("whole"))
    city = centre.city
    words = Task(
        "nv-1", LocalizedText("Nạo vét kênh"), "mp-a", city.today, city.today + 30 * DAY, due_words="quý IV/2100"
    )
    name = LocalizedText("Chống ngập")
    entered = Document(
        "mp-2-2026", "2/MP-UBND", name, "công văn", "mp-a", city.today, None, (words,), is_simulated=True
    )  # fmt: skip
    enter_document(city.context, DocumentEntry(entered, "vp"), city.principal("vp"))
    figure = Instruction("ct-2", "Kiểm tra cống", "mp-a", "/chi-so/a", city.context.clock(), "Chỉ số A", "12,5")
    holder = replace(city.principal("vp"), name="-".join(Role))  # of the position ct-2
    given = give_instruction(city.context, figure, holder)
    yield centre, {ENTERED: "/van-ban/mp-2-2026", GIVEN: f"/van-ban/{given.key}"}
    centre.close()


@pytest.fixture(scope="module")
def leader(browser: Browser, paths: tuple[WholeCentre, dict[str, str]]) -> Iterator[Page]:
    """A page of somebody who may do every act, in which nothing fades."""
    context = browser.new_context(reduced_motion="reduce", bypass_csp=True)
    page = context.new_page()
    sign_in_with(page, paths[0], *Role, path="/chi-so", agency="a")
    yield page
    context.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("document", list(STEPS))
def test_dialogs_are_accessible_and_fit(
    leader: Page, paths: tuple[WholeCentre, dict[str, str]], document: str, size: tuple[int, int]
) -> None:
    centre, addresses = paths
    leader.set_viewport_size({"width": size[0], "height": size[1]})
    leader.goto(centre.address(addresses[document]))
    leader.wait_for_selector(READY, state="attached", timeout=WAIT)
    for pressed, appears in STEPS[document]:
        expect(leader.locator(pressed)).to_be_visible(timeout=WAIT)
        leader.locator(pressed).press("Enter")
        if pressed.endswith("-close"):  # a dialog that closes still takes the focus back
            expect(leader.locator(".modal")).to_have_count(0, timeout=WAIT)
        expect(leader.locator(appears)).to_be_visible(timeout=WAIT)
        assert violations_by_theme(leader) == [], pressed
        assert lasting_faults(leader) == [], pressed
