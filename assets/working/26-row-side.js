// A row of a table opens the panel beside it, where there is room; elsewhere its link leads to its page. Selection and
// scroll of the table stay as they are; after the panel the focus is back on the row.
(function () {
  'use strict';

  const ROOM = matchMedia('(min-width: 1100px) and (orientation: landscape)'); // as in 65-directives.css
  const COLUMN = 'title', PAGE = '/nhiem-vu/';
  const marked = new CSSStyleSheet(); // rows are made anew as the table is scrolled
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, marked];

  const panel = () => document.querySelector('.row-side');
  const isPlain = (event) => event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  const keyOf = (link) => decodeURIComponent(new URL(link.href).pathname.slice(PAGE.length));
  const setTask = (side, task) => window.dash_clientside.set_props(side.dataset.store, { data: task });

  function linkOf(target) {
    const row = target.closest('.ag-row'), inside = target.closest('a, button, input, .ag-checkbox, .ag-selection-checkbox');
    const link = row && document.querySelector(`.ag-row[row-id="${CSS.escape(row.getAttribute('row-id'))}"] [col-id="${COLUMN}"] a`);
    return inside && inside !== link ? null : link;
  }

  function open(event) {
    const side = panel();
    if (!side || !ROOM.matches || !isPlain(event) || !event.target.closest(`#${side.dataset.table}`)) return;
    const link = linkOf(event.target);
    if (!link || !getSelection().isCollapsed) return;
    event.preventDefault();
    setTask(side, keyOf(link));
    side.hidden = false;
    side.focus({ preventScroll: true });
    side.scrollTop = 0;
  }

  function close(side) {
    const api = window.dash_ag_grid.getApi(side.dataset.table), task = side.dataset.task;
    const row = api && task ? api.getRowNode(task) : null;
    setTask(side, '');
    side.hidden = true;
    if (!row || row.rowIndex === null) return;
    api.ensureIndexVisible(row.rowIndex);
    api.setFocusedCell(row.rowIndex, COLUMN);
  }

  document.addEventListener('click', (event) => {
    if (event.target.closest('.row-side [data-close]')) close(panel());
    else open(event);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && event.target.closest('.row-side')) close(panel());
  });

  Object.assign((window.dash_clientside.ioc = window.dash_clientside.ioc || {}), {
    // The task of the panel stands in the address, and its row is marked. Returns: hidden, address of its page.
    showSide: (task) => {
      const side = panel();
      if (side) side.dataset.task = task || '';
      window.ioc.writeAddress('mo', task);
      marked.replaceSync(task ? `.ag-row[row-id="${CSS.escape(task)}"] { background-color: color-mix(in srgb, var(--data) 20%, var(--panel)); }` : '');
      return [!task, PAGE + (task || '').split('/').map(encodeURIComponent).join('/')];
    },
  });
})();
