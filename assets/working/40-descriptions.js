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

  // The first refused field of a form takes the focus, also where its refusals are drawn one after the other. What is
  // refused again in the same words changes no text: then the button that sent, free again, has lost the focus.
  function focusRefused(changes) {
    const isFreed = ({ type, target }) => type === 'attributes' && !target.disabled && document.activeElement === document.body;
    const refused = changes.map((change) => (change.target.nodeType === 1 ? change.target : change.target.parentElement))
      .map((node) => node && node.closest('.field-error')).find((note) => note && note.textContent !== '');
    const from = refused || changes.find(isFreed)?.target;
    if (!from) return;
    const form = from.closest('form, [role="dialog"], .box, .form-stack') || document;
    const fields = [...form.querySelectorAll('.field-error')].filter((note) => note.textContent !== '')
      .map((note) => document.getElementById(note.dataset.describes)).filter(Boolean);
    if (fields.length) fields[0].focus();
  }

  // A field hears of Enter when the key is let go. One that went down elsewhere, such as on the button that opened the
  // dialog, is none of the field that has the focus meanwhile: it would send a form that nobody has filled in.
  let enteredAt = null;
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.repeat) enteredAt = event.target;
  }, true);
  document.addEventListener('keyup', (event) => {
    if (event.key === 'Enter' && event.target !== enteredAt) event.stopPropagation();
  }, true);

  // Dialogs stand outside React's root.
  new MutationObserver((changes) => { describe(); focusRefused(changes); })
    .observe(document.body, { childList: true, characterData: true, subtree: true, attributeFilter: ['disabled'] });
})();
