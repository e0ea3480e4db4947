// An input names its hint and its error: [data-describes] holds the id of the input that it describes.
(function () {
  'use strict';

  function describe() {
    for (const note of document.querySelectorAll('[data-describes]')) {
      const input = document.getElementById(note.dataset.describes);
      if (!input || !note.id) continue;
      const ids = new Set((input.getAttribute('aria-describedby') || '').split(' ').filter(Boolean));
      if (!ids.has(note.id)) input.setAttribute('aria-describedby', [...ids, note.id].join(' '));
      if (!note.classList.contains('field-error')) continue;
      const isWrong = String(note.textContent !== '');
      if (input.getAttribute('aria-invalid') !== isWrong) input.setAttribute('aria-invalid', isWrong);
      input.classList.toggle('is-invalid', isWrong === 'true');
    }
  }

  // The first refused field of a form takes the focus.
  function focusRefused(changes) {
    const wrong = changes.map((change) => (change.target.nodeType === 1 ? change.target : change.target.parentElement))
      .filter((node) => node && node.closest('.field-error') && node.textContent !== '')
      .map((node) => document.getElementById(node.closest('.field-error').dataset.describes)).filter(Boolean);
    if (wrong.length) [...wrong].sort((a, b) => (a.compareDocumentPosition(b) & 4 ? -1 : 1))[0].focus();
  }

  // Dialogs stand outside React's root.
  new MutationObserver((changes) => { describe(); focusRefused(changes); })
    .observe(document.body, { childList: true, characterData: true, subtree: true });
})();
