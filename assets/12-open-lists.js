// A list to choose from closes by a press elsewhere, and by Escape, which gives the focus back.
(function () {
  'use strict';

  const openLists = () => document.querySelectorAll('details.filter[open]');
  document.addEventListener('pointerdown', ({ target }) => { for (const list of openLists()) if (!list.contains(target)) list.open = false; });
  document.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape') return;
    for (const list of openLists()) {
      list.open = false;
      list.querySelector('summary').focus();
    }
  });
})();
