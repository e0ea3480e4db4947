// Callbacks that run in the browser: they change what is shown, and nothing on the server.
(function () {
  'use strict';

  const { writeAddress } = window.ioc;
  window.dash_clientside = window.dash_clientside || {};
  Object.assign((window.dash_clientside.ioc = window.dash_clientside.ioc || {}), {
    // Filters the rows of a table, without tone marks, and writes the text into the address.
    searchTable: (text, options) => {
      writeAddress('tim', text);
      return { ...options, quickFilterText: window.dashAgGridFunctions.foldFilter(text) };
    },
    // Writes parameters into the address and reads the rows of a paged table again. Nothing is given back.
    reloadTable: (params, ...others) => {
      const table = others.at(-1);
      for (const [name, value] of Object.entries(params)) writeAddress(name, value);
      const api = window.dash_ag_grid.getApi(table);
      if (api.getDisplayedRowCount()) api.ensureIndexVisible(0);
      api.purgeInfiniteCache();
      return window.dash_clientside.no_update;
    },
    // Reads the rows of a paged table again where it stands. Nothing is given back.
    refreshTable: (_version, table) => {
      window.dash_ag_grid.getApiAsync(table).then((api) => api.refreshInfiniteCache());
      return window.dash_clientside.no_update;
    },
    // Shows the chosen columns of a table, and no others. Nothing is given back.
    showColumns: (shown, table) => {
      window.dash_ag_grid.getApiAsync(table).then((api) => {
        const hidden = api.getColumnDefs().map(({ field }) => field).filter((field) => !shown.includes(field));
        api.setColumnsVisible(shown, true);
        api.setColumnsVisible(hidden, false);
      });
      return window.dash_clientside.no_update;
    },
    // The value of a filter by the counter that was pressed, `<page>-count-<value>`; none where it was set already.
    pressedCounter: (...inputs) => {
      const [{ prop_id: pressed }] = window.dash_clientside.callback_context.triggered;
      const value = pressed.replace(/^.*?-count-|\.n_clicks$/g, '');
      return value === inputs.at(-1) ? '-' : value;
    },
    trueWhenChanged: () => true,
    // What was checked is no longer what the form says: nothing to import, and nothing found.
    withdrawCheck: () => [true, true, ''],
    // The choices of a form, and the same where they are no longer those that were checked; what was found stays.
    withdrawChoices: (chosen, checked) => {
      const same = JSON.stringify(chosen) === JSON.stringify(checked);
      return [chosen, ...Array(2).fill(same ? window.dash_clientside.no_update : true)];
    },
    // Brings a part of the page that has just appeared into sight. Nothing is given back.
    scrollToShown: (hidden, id) => {
      if (!hidden) requestAnimationFrame(() => document.getElementById(id)?.scrollIntoView({ block: 'start' }));
      return window.dash_clientside.no_update;
    },
    // Which of the buttons of a list was pressed: the key of its id, and when. A list that loses a row meanwhile makes Dash
    // drop a request that has its buttons as input; one that has this does not end with it.
    pressedKey: () => {
      const { triggered_id: id, triggered: [pressed] } = window.dash_clientside.callback_context;
      return id && pressed.value ? { key: id.key, at: Date.now() } : window.dash_clientside.no_update;
    },
    openWhenClicked: (clicks) => (clicks ? true : window.dash_clientside.no_update),
    closeSecret: (clicks) => (clicks ? [false, ''] : [window.dash_clientside.no_update, window.dash_clientside.no_update]),
    // Clears all outputs once a dialog is closed, in whatever way: fields, errors, what is shown once.
    clearWhenClosed: (isOpen) => {
      const { no_update: same, callback_context: context } = window.dash_clientside;
      const outputs = context.outputs_list;
      return Array.isArray(outputs) ? outputs.map(() => (isOpen ? same : '')) : isOpen ? same : '';
    },
    closeWhenClicked: (clicks) => (clicks ? false : window.dash_clientside.no_update),
  });
})();
