// Where the focus is around dialogs. An opened one gives it to its first field, also to one that a callback draws later;
// not where a finger opened it, since the keyboard of the screen would cover the dialog. A side panel, which is read
// first, keeps it. After the last dialog has closed the focus returns to what opened the first one: where one dialog
// follows another, the element that a dialog would return it to is gone with the dialog before.
(function () {
  'use strict';

  const DIALOG = '[role="dialog"], .modal, .offcanvas';
  const FIELD = 'input:not([type=hidden], [disabled]), select:not([disabled]), textarea:not([disabled])';
  const pressed = new WeakSet(); // a press between the fields gives the dialog itself the focus, and it keeps it
  let opener = null, isTouched = false;

  function enter() {
    const dialog = document.activeElement;
    if (!dialog || !dialog.matches('.modal') || pressed.has(dialog) || isTouched) return;
    [...dialog.querySelectorAll(FIELD)].find((field) => field.getClientRects().length)?.focus();
  }

  document.addEventListener('keydown', () => { isTouched = false; }, true);
  document.addEventListener('pointerdown', (event) => {
    isTouched = event.pointerType === 'touch';
    const dialog = event.target.closest('.modal');
    if (dialog) pressed.add(dialog);
  }, true);
  document.addEventListener('focusin', (event) => {
    if (!event.target.closest(DIALOG)) opener = event.target;
    else enter();
  });

  const isDialog = (node) => node.nodeType === 1 && (node.matches(DIALOG) || node.querySelector(DIALOG) !== null);
  new MutationObserver((changes) => {
    enter();
    const hasClosed = changes.some((change) => [...change.removedNodes].some(isDialog));
    const isLost = document.activeElement === document.body || document.activeElement === null;
    if (hasClosed && isLost && opener && opener.isConnected && !document.querySelector(DIALOG)) opener.focus();
  }).observe(document.body, { childList: true, subtree: true });
})();
