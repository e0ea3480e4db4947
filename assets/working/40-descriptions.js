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

  // Dialogs stand outside React's root.
  new MutationObserver(describe).observe(document.body, { childList: true, characterData: true, subtree: true });
})();
