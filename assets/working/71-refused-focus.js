// The first refused field of a form takes the focus, also where its refusals are drawn one after the other.
(function () {
  'use strict';

  const FORM = 'form, [role="dialog"], .box, .form-stack';

  function focusFirst(form) {
    [...form.querySelectorAll('.field-error')].filter((note) => note.textContent !== '')
      .map((note) => document.getElementById(note.dataset.describes) || note.closest('fieldset')?.querySelector('input'))
      .find(Boolean)?.focus();
  }

  // What is refused again in the same words changes no text: then the button that was pressed, free again, has lost the
  // focus. It is free before the answer is drawn.
  const DRAWN = 100; // ms
  let pressed = null, moves = 0;
  for (const own of ['keydown', 'pointerdown']) document.addEventListener(own, () => { moves += 1; }, true);
  document.addEventListener('click', (event) => { pressed = event.target.closest('button'); }, true);

  // Who has gone on meanwhile keeps the focus there, also where that is the button again: a key must not go astray.
  function answered() {
    const button = pressed, form = button.closest(FORM), before = moves;
    pressed = null;
    setTimeout(() => {
      if (form && moves === before && document.activeElement?.contains(button)) focusFirst(form);
    }, DRAWN);
  }

  // Dialogs stand outside React's root.
  new MutationObserver((changes) => {
    if (pressed && changes.some(({ type, target }) => type === 'attributes' && target === pressed && !target.disabled)) answered();
    const refused = changes.map(({ target }) => (target.nodeType === 1 ? target : target.parentElement))
      .map((node) => node && node.closest('.field-error')).find((note) => note && note.textContent !== '');
    if (refused) focusFirst(refused.closest(FORM) || document);
  }).observe(document.body, { childList: true, characterData: true, subtree: true, attributeFilter: ['disabled'] });

  // A field hears of Enter when the key is let go. One that went down elsewhere, such as on the button that opened the
  // dialog, is none of the field that has the focus meanwhile: it would send a form that nobody has filled in.
  let enteredAt = null;
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.repeat) enteredAt = event.target;
  }, true);
  document.addEventListener('keyup', (event) => {
    if (event.key !== 'Enter') return;
    if (enteredAt !== null && event.target !== enteredAt) event.stopPropagation();
    enteredAt = null;
  }, true);
})();
