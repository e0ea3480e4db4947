// A table that is wider than its place says so: a shade at the edge behind which there is more (20-table.css).
(function () {
  'use strict';

  const VIEW = '.table-host .ag-center-cols-viewport';
  const seen = new WeakSet();

  function mark(host) {
    const view = host.querySelector(VIEW);
    if (!view) return;
    host.classList.toggle('has-more-left', view.scrollLeft > 1);
    host.classList.toggle('has-more-right', view.scrollWidth - view.clientWidth - view.scrollLeft > 1);
    for (const side of ['left', 'right']) {
      const pinned = host.querySelector('.ag-pinned-' + side + '-header');
      host.style.setProperty('--pinned-' + side, (pinned ? pinned.offsetWidth : 0) + 'px');
    }
  }

  const sizes = new ResizeObserver((entries) => {
    for (const host of new Set(entries.map(({ target }) => target.closest('.table-host')))) if (host) mark(host);
  });

  function watchNew() {
    for (const view of document.querySelectorAll(VIEW)) {
      if (seen.has(view)) continue;
      seen.add(view);
      for (const each of [view, view.firstElementChild]) if (each) sizes.observe(each);
    }
  }

  new MutationObserver(watchNew).observe(document.body, { childList: true, subtree: true });
  document.addEventListener('scroll', ({ target }) => {
    if (target.matches && target.matches(VIEW)) mark(target.closest('.table-host'));
  }, { capture: true, passive: true });
})();
