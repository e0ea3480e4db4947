// The crosses of Bootstrap's toasts and side panels, which it labels in English: they say what they do in the page's language.
(function () {
  'use strict';

  function label() {
    const text = (window.ioc.status.boot.words[document.documentElement.lang] || {}).close;
    for (const cross of document.querySelectorAll('.btn-close')) {
      if (text && cross.getAttribute('aria-label') !== text) cross.setAttribute('aria-label', text);
    }
  }

  // Panels stand outside React's root.
  new MutationObserver(label).observe(document.body, { childList: true, subtree: true });
})();
