// On a phone, and in the register on a tablet, the fields of a filter are behind a button, which says how many of them are set.
(function () {
  'use strict';

  const fieldsOf = (button) => [...document.getElementById(button.getAttribute('aria-controls')).querySelectorAll('input, select')];

  function count() {
    for (const button of document.querySelectorAll('.filter-fold')) {
      const set = fieldsOf(button).filter((field) => field.value.trim() !== '' && field.value !== '-').length;
      if (String(set || '') === (button.dataset.set || '')) continue;
      if (set) button.dataset.set = set;
      else delete button.dataset.set;
    }
  }

  document.addEventListener('click', (event) => {
    const button = event.target.closest('.filter-fold');
    if (button) button.setAttribute('aria-expanded', String(button.getAttribute('aria-expanded') !== 'true'));
  });
  for (const kind of ['input', 'change']) document.addEventListener(kind, count);
  new MutationObserver(count).observe(document.getElementById('react-entry-point'), { childList: true, subtree: true });
})();
