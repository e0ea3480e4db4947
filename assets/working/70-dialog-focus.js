// After the last dialog has closed the focus returns to what opened the first one: where one dialog follows another, the
// element that a dialog would return it to is gone with the dialog before.
(function () {
  'use strict';

  const DIALOG = '[role="dialog"], .modal, .offcanvas';
  let opener = null;

  document.addEventListener('focusin', (event) => { if (!event.target.closest(DIALOG)) opener = event.target; });

  const isDialog = (node) => node.nodeType === 1 && (node.matches(DIALOG) || node.querySelector(DIALOG) !== null);
  new MutationObserver((changes) => {
    const hasClosed = changes.some((change) => [...change.removedNodes].some(isDialog));
    const isLost = document.activeElement === document.body || document.activeElement === null;
    if (hasClosed && isLost && opener && opener.isConnected && !document.querySelector(DIALOG)) opener.focus();
  }).observe(document.body, { childList: true, subtree: true });
})();
