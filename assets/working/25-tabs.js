// The tab of the page is in sight, however narrow the screen is.
(function () {
  'use strict';

  const seen = new WeakSet();

  function showCurrent() {
    for (const tab of document.querySelectorAll('.nav-tabs .nav-link.active')) {
      const row = tab.closest('.nav-tabs');
      if (seen.has(tab) || row.clientWidth === 0) continue;
      seen.add(tab);
      row.scrollLeft += tab.getBoundingClientRect().right - row.getBoundingClientRect().right;
    }
  }

  new MutationObserver(showCurrent).observe(document.getElementById('react-entry-point'), { childList: true, subtree: true });
})();
