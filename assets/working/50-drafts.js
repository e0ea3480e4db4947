// Drafts: what is typed into a form marked data-draft is kept in this tab by person and form, and put back when the page
// comes again, after an ended session or a new build. It is forgotten once the form is sent, and with sign-out.
// Never kept: passwords and files. data-version of the form belongs to its draft, so that who goes on with an old draft
// is told what somebody else has changed meanwhile, once: the answer that tells it sets data-version. What is put back and
// differs from the server's content says so, with a button that puts back what the server gave.
(function () {
  'use strict';

  const PREFIX = 'ioc-draft ';
  const FIELDS = 'textarea[id], select[id], input[id]:not([type=password], [type=file], [type=checkbox], [type=radio], [type=hidden])';
  const place = document.body; // dialogs stand beside the page
  const restored = new WeakSet();

  const keyOf = (form) => PREFIX + JSON.stringify([form.dataset.person || '', form.dataset.draft]);
  const dashId = (id) => (id.startsWith('{') ? JSON.parse(id) : id);

  function read(form) {
    try { return JSON.parse(sessionStorage.getItem(keyOf(form))); } catch { return null; }
  }

  function store(form, draft) {
    try { sessionStorage.setItem(keyOf(form), JSON.stringify(draft)); } catch { /* full or forbidden: nothing is kept */ }
  }

  function keep(form, field) {
    const draft = read(form) || { version: form.dataset.version || '', fields: {} };
    draft.fields[field.id] = field.value;
    draft.at = Date.now();
    store(form, draft);
  }

  function restore(form) {
    restored.add(form);
    noticeOf(form).replaceChildren();
    const draft = form.dataset.draft && read(form);
    if (!draft) return;
    const given = { version: form.dataset.version, fields: Object.fromEntries(Array.from(form.querySelectorAll(FIELDS), ({ id, value }) => [id, value])) };
    const differing = Object.keys(given.fields).filter((id) => id in draft.fields && draft.fields[id] !== given.fields[id]);
    fill(form, draft.version, differing.map((id) => [id, draft.fields[id]]));
    if (differing.length) tell(form, draft, given);
  }

  function fill(form, version, values) {
    const { set_props } = window.dash_clientside;
    if (version !== form.dataset.version) set_props(form.id, { 'data-version': version });
    for (const [id, value] of values) set_props(dashId(id), { value });
  }

  const noticeOf = (form) => form.querySelector(':scope > .draft-notice');

  function tell(form, draft, given) {
    const { boot, dayTime } = window.ioc.status, words = boot.words[document.documentElement.lang];
    const text = document.createElement('span'), button = document.createElement('button');
    text.textContent = words.draft_shown.replace('{time}', dayTime(draft.at).slice(0, -3)); // without seconds
    Object.assign(button, { type: 'button', className: 'btn btn-secondary', textContent: words.draft_drop });
    button.addEventListener('click', () => drop(form, given));
    noticeOf(form).replaceChildren(text, button);
  }

  function drop(form, given) {
    forget(form);
    fill(form, given.version, Object.entries(given.fields).filter(([id]) => document.getElementById(id)));
    [...form.querySelectorAll(FIELDS)].find((field) => field.getClientRects().length)?.focus();
  }

  function forget(form) {
    sessionStorage.removeItem(keyOf(form));
    noticeOf(form).replaceChildren();
  }

  // What others have changed was told: the draft stands on what there is now.
  function onTold(form) {
    const draft = restored.has(form) && read(form);
    if (draft && draft.version !== form.dataset.version) store(form, { ...draft, version: form.dataset.version });
  }

  const drafts = () => Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));

  function forgetAll() {
    for (const key of drafts()) sessionStorage.removeItem(key);
  }

  // Beside the button that signs out: what would be forgotten.
  function warn(node) {
    const count = drafts().length, words = window.ioc.status.boot.words[document.documentElement.lang];
    const text = count ? words.draft_count.replace('{n}', count) : '';
    if (node.textContent !== text) node.textContent = text;
  }

  // Drafts of somebody else who used this tab before.
  function forgetOthers(person) {
    for (const key of drafts()) if (JSON.parse(key.slice(PREFIX.length))[0] !== person) sessionStorage.removeItem(key);
  }

  function onTyped(event) {
    const form = event.target.closest && event.target.closest('[data-draft]');
    if (form && form.dataset.draft && event.target.matches(FIELDS)) keep(form, event.target);
  }

  function look() {
    for (const form of place.querySelectorAll('[data-draft]')) {
      if (restored.has(form)) continue;
      forgetOthers(form.dataset.person || '');
      restore(form);
    }
    document.querySelectorAll('[data-drafts]').forEach(warn);
  }

  place.addEventListener('input', onTyped);
  place.addEventListener('change', onTyped);
  document.addEventListener('submit', (event) => {
    if (new URL(event.target.action, location.href).pathname === '/dang-xuat') forgetAll();
  });
  new MutationObserver((changes) => {
    for (const { type, target, attributeName } of changes) {
      if (type !== 'attributes') continue;
      if (attributeName === 'data-saved') forget(target);
      else if (attributeName === 'data-draft') restored.delete(target); // the same form about something else
    }
    for (const { attributeName, target } of changes) if (attributeName === 'data-version') onTold(target);
    look();
  }).observe(place, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-saved', 'data-draft', 'data-version'] });
  look();
})();
