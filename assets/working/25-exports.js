// Links to exported tables: they take the parameters of the page's address, in which its filter and its search stand.
(function () {
  'use strict';

  function follow(event) {
    const link = event.target.closest && event.target.closest('a[data-export]');
    if (link) link.setAttribute('href', link.pathname + location.search);
  }

  for (const kind of ['pointerdown', 'focusin', 'click']) document.addEventListener(kind, follow, true);
})();
