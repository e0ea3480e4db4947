"""The overview and the walls: no text is cut by its panel, and nothing of a wall lies beyond the screen."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from ioc.domain.directives.followed import FollowedTasks, NewlyOverdue
from ioc.domain.directives.instruction import LateInstructions
from ioc.domain.snapshot import Snapshot
from ioc.snapshot.attention import attention_items
from tests.browser.conftest import Site
from tests.browser.test_access import READY
from tests.city import full_city
from tests.components.directives.test_followed_tasks import DONE, LATE, TIME, part

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DESK, WALL, UPRIGHT, LARGE = (1920, 1080), (1920, 1080), (1080, 1920), (3840, 2160)
# Texts that go beyond their panel or beyond what a box shows, unless the box ends them with dots.
CUT = """() => {
  const found = new Set(), root = document.querySelector('#react-entry-point .page');
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node; (node = texts.nextNode()); ) {
    const one = node.parentElement;
    if (!node.data.trim() || !one.checkVisibility({ visibilityProperty: true }) || one.closest('.js-plotly-plot, .visually-hidden')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      if (rect.width < 2) continue;
      if (document.querySelector('.wall') && rect.bottom > innerHeight + 1) found.add(`beyond the screen: ${node.data.trim()}`);
      for (let box = one; box && box !== root; box = box.parentElement) {
        const style = getComputedStyle(box), place = box.getBoundingClientRect();
        if (style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none') break;
        const cuts = box.matches('.box, .tile, .notice') || style.overflowY !== 'visible';
        if (cuts && (rect.bottom > place.bottom + 2 || rect.top < place.top - 2 || rect.right > place.right + 2)) found.add(`${box.className}: ${node.data.trim()}`);
      }
    }
  }
  return [...found];
}"""  # noqa: E501
BANNER = (
    "() => window.ioc.status.setNotice('Bộ thu thập số liệu không hoạt động từ 00:56:43 – số liệu không được cập nhật')"
)
BOTTOM = "() => document.querySelector('#react-entry-point .scene-strip').getBoundingClientRect().bottom - innerHeight"


def _with_followed_tasks(base: Snapshot) -> Snapshot:
    """Large numbers in the box of progress, and every kind of attention item about followed tasks."""
    since = base.at - timedelta(days=5)
    followed = FollowedTasks(
        tuple(
            part(("mp-a", DONE, 1046), ("mp-a", LATE, 133), ("mp-b", TIME, 833), is_simulated=is_simulated)
            for is_simulated in (False, True)
        ),
        newly_overdue=tuple(NewlyOverdue(133, since, 7, is_simulated) for is_simulated in (False, True)),
        late_instructions=(LateInstructions(112, since, is_simulated=True),),
    )
    followed_city = replace(base, followed=followed)
    return replace(followed_city, attention=attention_items(followed_city))


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Site]:
    """A city with an exercise: the head holds its badge. Tasks followed here, official and simulated ones, are late."""
    site = Site(tmp_path, "pages")
    base = _with_followed_tasks(full_city())
    first, figure = next(iter(base.figures.items()))
    site.reads.city = replace(base, figures={**base.figures, first: replace(figure, is_drill=True)})
    site.start()
    yield site
    site.stop()


@pytest.mark.parametrize(
    ("path", "size"), [("/", DESK), ("/", (1280, 800)), ("/tuong", WALL), ("/tuong", UPRIGHT), ("/tuong", LARGE)]
)
def test_no_text_is_cut_with_badges_and_banner_in_the_head(
    city: Site, page: Page, path: str, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(city.address(path))
    page.wait_for_selector(READY, state="attached")
    assert page.evaluate(CUT) == []
    page.evaluate(BANNER)
    page.wait_for_selector("#link-banner:not(:empty)")
    assert page.evaluate(CUT) == []
    if path == "/tuong":
        assert page.evaluate(BOTTOM) <= 0
