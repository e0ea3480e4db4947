// Tables and lists whose rows are on the way, or could not be read: never "no rows" before the server has said so, and
// not "loading" any more once it has failed. A grid without rowData says itself that it loads; one that reads blocks is
// told when its first has arrived. A list begins with `loading_list` (components/ui/working.py), which its rows replace.
(function () {
  'use strict';

  const ROWS = ['rowData', 'getRowsResponse']; // outputs of callbacks that read rows
  const LIST = 'children';
  const failed = new Map(); // id of a table or list -> input of the callback that failed

  function parse(text) {
    try { return JSON.parse(text); } catch { return {}; }
  }

  function showFailed(id, isFailed) {
    const grid = document.getElementById(id), host = grid && grid.closest('.table-host');
    const notice = host && host.querySelector('.table-failed');
    if (!notice) return;
    host.classList.toggle('is-failed', isFailed);
    notice.hidden = !isFailed;
  }

  // Rows that are shown stay when reading them again fails: the toast says so.
  function hasRows(api, property) { return property === 'rowData' && Boolean(api.getGridOption('rowData')); }

  async function onAnswer(property, id, input, isOk) {
    const api = await window.dash_ag_grid.getApiAsync(id);
    if (!isOk && hasRows(api, property)) return;
    if (isOk) failed.delete(id);
    else failed.set(id, input);
    showFailed(id, !isOk);
    if (isOk && property === 'getRowsResponse') api.setGridOption('loading', false);
  }

  function listState(id) {
    const list = document.getElementById(id);
    return list && list.querySelector(':scope > .list-state');
  }

  function showListFailed(state, isFailed) {
    state.querySelector('.list-loading').hidden = isFailed;
    state.querySelector('.table-failed').hidden = !isFailed;
  }

  function onListAnswer(id, input, isOk) {
    const state = listState(id);
    if (!state || isOk) return; // its rows take its place
    failed.set(id, input);
    showListFailed(state, true);
  }

  document.addEventListener('ioc-callback', ({ detail: { request, isOk } }) => {
    const { outputs = [], inputs = [] } = parse(request);
    for (const { id, property } of [outputs].flat(Infinity)) {
      const name = property.split('@')[0]; // of outputs that several callbacks have
      if (typeof id !== 'string') continue; // one of many
      if (ROWS.includes(name)) onAnswer(name, id, inputs.flat(Infinity)[0], isOk);
      else if (name === LIST) onListAnswer(id, inputs.flat(Infinity)[0], isOk);
    }
  });

  // The same callback again: it runs when its input is set, to what it was too.
  document.addEventListener('click', ({ target }) => {
    const button = target.closest && target.closest('[data-retry]');
    if (!button) return;
    const state = button.closest('.list-state');
    const { id } = state ? state.parentElement : button.closest('.table-host').querySelector('.ag-root-wrapper').closest('[id]');
    const input = failed.get(id);
    if (!input) return;
    if (state) showListFailed(state, false);
    else showFailed(id, false);
    window.dash_clientside.set_props(input.id, { [input.property]: input.value });
  });
})();
