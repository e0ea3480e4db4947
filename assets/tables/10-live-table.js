// window.ioc_panel.GridRows: the React component of components/ui/live_table.py. It hands the rows of a frame to the grid
// beside it, as changes by row id: scroll, selection and sorting stay. Search and sorting stand in the address, the chosen
// columns in localStorage. The server searches, sorts and pages a table whose rows are a page (`isPage`).
(function () {
  'use strict';

  const { React, dashAgGridFunctions: functions } = window;
  const e = React.createElement;
  const SEARCH = 'tim', SORT = 'xep', PAGE = 'trang', TYPING_PAUSE = 250; // milliseconds
  const tables = new Map(); // id of the page's table -> LiveTable
  const params = () => new URLSearchParams(location.search);
  const inPage = (id) => document.querySelector('#react-entry-point [id="' + CSS.escape(id) + '"]');
  const asText = JSON.stringify;
  const [MARKUP, ORDER, AT] = [0, 1, 2]; // parts of a cell

  const markup = (text, tag, className) => e(window.ioc_panel.Panel, { markup: text, tag, className });

  function MarkupCell({ value }) {
    if (!value) return null;
    const at = value[AT] ? `<small class="cell-age quiet"><time data-age="${new Date(value[AT] * 1000).toISOString()}"></time></small>` : '';
    return markup(value[MARKUP] + at, 'span', 'live-cell');
  }

  const Head = ({ markup: text }) => markup(text, 'span', 'live-head');

  // Rows of a group and cells without a value are last, whichever way the others are sorted.
  function compare(a, b, nodeA, nodeB, isDescending) {
    const last = isDescending ? -1 : 1;
    const groups = Number(nodeA.data.group) - Number(nodeB.data.group);
    if (groups) return groups * last;
    const [left, right] = [a, b].map((cell) => (cell ? cell[ORDER] : null));
    if (left === null || right === null) return ((left === null) - (right === null)) * last;
    return functions.compareCells(left, right);
  }

  class LiveTable {
    constructor(name) {
      this.name = name;
      this.rows = new Map(); // id -> [row as text, row]
      this.columns = [];
      this.columnText = '';
      this.choice = JSON.parse(localStorage.getItem('ioc-columns-' + name) || '{}');
    }

    host() { const grid = inPage(this.name + '-grid'); return grid && grid.closest('.table-host'); }
    tools(selector) { const tools = inPage(this.name + '-tools'); return tools && tools.querySelector(selector); }

    async show(text) {
      this.newest = text;
      const api = this.isOpen() ? this.api : await window.dash_ag_grid.getApiAsync(this.name + '-grid');
      if (this.newest !== text || this.isClosed) return;
      if (!this.isOpen()) this.open(api);
      const { columns, rows, page } = JSON.parse(text);
      this.isPage = page;
      this.setColumns(columns);
      this.setRows(rows);
      if (this.isPage) this.showTop();
    }

    isOpen() { return this.api && !this.api.isDestroyed(); }

    open(api) {
      this.api = api;
      this.columnText = '';
      api.setGridOption('getRowClass', ({ data }) => (data.group ? 'is-group' : data.kind));
      api.addEventListener('sortChanged', () => { this.writeSort(); this.showColumns(); });
      api.addEventListener('modelUpdated', () => this.count());
      api.addEventListener('bodyScrollEnd', () => this.remember());
      api.addEventListener('selectionChanged', ({ source }) => {
        // dash-ag-grid keeps what the selected rows contained, and would clear the selection when that changes.
        setTimeout(() => window.dash_clientside.set_props(this.name + '-grid', { selectedRows: null }), 20);
        if (source.startsWith('api')) return void this.select(this.chosen);
        this.chosen = (api.getSelectedNodes()[0] || {}).id;
        this.remember();
      });
      api.addEventListener('firstDataRendered', () => {
        this.restore();
        this.settle();
      });
    }

    settle() { if (this.host()) this.host().classList.remove('is-pending'); }

    close() {
      this.isClosed = true;
      clearTimeout(this.typing);
      if (tables.get(this.name) === this) tables.delete(this.name);
    }

    setColumns(columns) {
      const text = asText(columns);
      if (text === this.columnText) return;
      [this.columns, this.columnText] = [columns, text];
      this.api.setGridOption('columnDefs', columns.map((column, n) => this.definition(column, n)));
      this.applyAddress();
      this.fillChoice();
    }

    definition(column, n) {
      const isNumber = column.kind === 'number';
      return {
        colId: column.key, headerName: column.name, flex: column.flex, minWidth: column.width, sortable: true,
        cellRenderer: MarkupCell, comparator: (...each) => (this.isPage ? 0 : compare(...each)), wrapText: true, autoHeight: this.columns.some(({ kind }) => kind === 'wrapped'),
        valueGetter: ({ data }) => data.cells[n], equals: (a, b) => a === b || asText(a) === asText(b),
        getQuickFilterText: ({ data }) => (n ? '' : functions.foldFilter(data.find)),
        headerComponentParams: { innerHeaderComponent: Head, innerHeaderComponentParams: { markup: column.head } },
        wrapHeaderText: true, autoHeaderHeight: true, suppressMovable: true, suppressHeaderMenuButton: true, resizable: true,
        sortingOrder: isNumber ? ['desc', 'asc', null] : ['asc', 'desc', null],
        pinned: column.pinned && innerWidth > 600 ? 'left' : null,
        cellClass: isNumber ? 'is-number' : '', headerClass: isNumber ? 'is-number' : '', hide: !this.isShown(column, n),
      };
    }

    setRows(rows) {
      const next = new Map();
      for (const row of rows) {
        const text = asText(row), before = this.rows.get(row.id);
        next.set(row.id, before && before[0] === text ? before : [text, row]);
      }
      this.rows = next;
      this.api.setGridOption('rowData', [...next.values()].map(([, row]) => row));
      if (!this.api.getDisplayedRowCount()) this.settle(); // no data will be rendered
      this.count();
    }

    // Other rows than before are read from the first.
    showTop() {
      const shown = location.search;
      if (this.shownAddress !== undefined && this.shownAddress !== shown && this.api.getDisplayedRowCount()) this.api.ensureIndexVisible(0, 'top');
      this.shownAddress = shown;
    }

    // The first column, those that are always shown, and what sorts; that is not offered as a choice.
    isFixed({ key, fixed }, n) { return n === 0 || fixed || this.sortKey() === key; }

    // Fixed columns always, others by the reader's choice, else by the width of the screen.
    isShown(column, n) {
      const { key, from } = column;
      if (this.isFixed(column, n)) return true;
      return key in this.choice ? this.choice[key] : innerWidth >= from;
    }

    sortKey() { return (params().get(SORT) || '').replace(/^-/, ''); }

    showColumns() {
      const hidden = this.columns.map((column, n) => ({ colId: column.key, hide: !this.isShown(column, n) }));
      this.api.applyColumnState({ state: hidden });
      this.fillChoice();
    }

    choose(key, isShown) {
      this.choice[key] = isShown;
      localStorage.setItem('ioc-columns-' + this.name, asText(this.choice));
      this.showColumns();
    }

    fillChoice() {
      const list = this.tools('[data-columns]');
      if (!list) return;
      const items = this.columns.map((column, n) => {
        const box = Object.assign(document.createElement('input'), { type: 'checkbox', value: column.key, checked: this.isShown(column, n), disabled: this.isFixed(column, n) });
        const label = Object.assign(document.createElement('label'), { className: 'filter-item' });
        label.append(box, ' ' + column.name);
        return label;
      });
      // A box that has the focus stays.
      if (list.children.length !== items.length) return void list.replaceChildren(...items);
      items.forEach((item, n) => {
        const [box, wanted] = [list.children[n].firstChild, item.firstChild];
        if (box.value !== wanted.value) list.children[n].replaceWith(item);
        else Object.assign(box, { checked: wanted.checked, disabled: wanted.disabled });
      });
    }

    // What the address says is shown: search and sorting.
    applyAddress() {
      const words = params().get(SEARCH) || '', sort = params().get(SORT) || '', field = this.tools('[data-search]');
      if (field && document.activeElement !== field) field.value = words;
      this.filter(words);
      const state = sort ? [{ colId: this.sortKey(), sort: sort.startsWith('-') ? 'desc' : 'asc' }] : [];
      this.api.applyColumnState({ state, defaultState: { sort: null } });
    }

    filter(words) { this.api.setGridOption('quickFilterText', this.isPage ? '' : functions.foldFilter(words)); }

    search(words) {
      clearTimeout(this.typing);
      if (this.isPage) this.typing = setTimeout(() => this.write(SEARCH, words), TYPING_PAUSE);
      else this.write(SEARCH, words);
      this.filter(words);
    }

    writeSort() {
      const sorted = this.api.getColumnState().find(({ sort }) => sort);
      this.write(SORT, sorted ? (sorted.sort === 'desc' ? '-' : '') + sorted.colId : '');
    }

    // A new search or sorting of a page asks the server for the first page.
    write(name, value) {
      const isSame = (params().get(name) || '') === value;
      window.ioc.writeAddress(name, value);
      if (!this.isPage || isSame) return;
      window.ioc.writeAddress(PAGE, '');
      window.dispatchEvent(new Event('ioc-moved'));
    }

    count() {
      const node = this.tools('[data-count]');
      if (!node || !this.isOpen()) return;
      let shown = 0, all = 0;
      this.api.forEachNodeAfterFilter(({ data }) => { shown += data.group ? 0 : 1; });
      for (const [, row] of this.rows.values()) all += row.group ? 0 : 1;
      const text = node.dataset.count.replace('{n}', shown).replace('{all}', all);
      if (node.textContent !== text) node.textContent = text;
    }

    // Where the reader is, for Back.
    remember() {
      if (!this.isOpen()) return;
      const first = this.api.getDisplayedRowAtIndex(this.topIndex());
      const place = { top: first && first.id, chosen: this.chosen };
      if (asText(place) !== asText((history.state || {})[this.name])) history.replaceState({ ...history.state, [this.name]: place }, '');
    }

    restore() {
      const named = decodeURIComponent(location.hash.slice(1)), { top, chosen } = (history.state || {})[this.name] || {};
      this.goTo(named || chosen, named ? 'middle' : null);
      const node = !named && top && this.api.getRowNode(top);
      if (node && node.rowIndex !== null) this.api.ensureIndexVisible(node.rowIndex, 'top');
    }

    // The first row that is seen; AG Grid's first displayed row lies above it.
    topIndex() {
      const { top } = this.api.getVerticalPixelRange();
      let index = this.api.getFirstDisplayedRowIndex();
      for (let node; (node = this.api.getDisplayedRowAtIndex(index)) && node.rowTop + node.rowHeight <= top; ) index += 1;
      return index;
    }

    // Selects the row with this id, if there is one.
    select(id) {
      const node = id && this.api.getRowNode(id);
      if (node && !node.isSelected()) node.setSelected(true, true);
      return node;
    }

    // Selects the row, and scrolls to it where `place` says so.
    goTo(id, place) {
      const node = this.select(id);
      if (!node) return;
      this.chosen = id;
      if (place && node.rowIndex !== null) this.api.ensureIndexVisible(node.rowIndex, place);
    }
  }

  class GridRows extends React.Component {
    componentDidMount() {
      const { id, markup: text } = this.props, name = id.replace(/-rows$/, '');
      const paint = document.querySelector('#first-paint [id="' + CSS.escape(id) + '"]');
      this.table = new LiveTable(name);
      tables.set(name, this.table);
      const first = text || (paint && paint.textContent);
      if (first) this.table.show(first);
    }
    shouldComponentUpdate(next) { return next.markup !== this.props.markup; }
    componentDidUpdate() { if (this.props.markup) this.table.show(this.props.markup); }
    componentWillUnmount() { this.table.close(); }
    render() { return e('div', { id: this.props.id, hidden: true }); }
  }
  window.ioc_panel.GridRows = GridRows;

  const tableOf = (node) => {
    const tools = node.closest && node.closest('.table-tools'), table = tools && tables.get(tools.id.replace(/-tools$/, ''));
    return table && table.isOpen() ? table : null;
  };
  const each = (act) => () => { for (const table of tables.values()) if (table.isOpen()) act(table); };

  document.addEventListener('input', ({ target }) => {
    const table = target.matches('[data-search]') && tableOf(target);
    if (table) table.search(target.value.trim());
  });
  document.addEventListener('change', ({ target }) => {
    const table = target.matches('[data-columns] input') && tableOf(target);
    if (table) table.choose(target.value, target.checked);
  });
  document.addEventListener('submit', (event) => { if (event.target.matches('.table-tools form')) event.preventDefault(); });

  // Exports, paper and filters get the table's search and sorting before they are followed; of a page, the server's.
  function completeHref({ target }) {
    const link = target.closest && tables.size && target.closest('a[href^="/xuat/"], a[href^="/pdf/"], a[href^="?"]');
    const isOwn = link && link.getAttribute('href').startsWith('?');
    if (!link || (isOwn && [...tables.values()].some((table) => table.isPage))) return;
    const to = new URL(link.href);
    for (const name of [SEARCH, SORT]) {
      if (params().get(name)) to.searchParams.set(name, params().get(name));
      else to.searchParams.delete(name);
    }
    link.setAttribute('href', isOwn ? '?' + to.searchParams : to.pathname + to.search);
  }
  for (const type of ['pointerdown', 'focusin', 'click']) document.addEventListener(type, completeHref, { capture: true });

  for (const type of ['popstate', '_dashprivate_pushstate']) window.addEventListener(type, each((table) => table.applyAddress()));
  window.addEventListener('hashchange', each((table) => table.goTo(decodeURIComponent(location.hash.slice(1)), 'middle')));
  window.addEventListener('resize', each((table) => table.showColumns()));
  window.addEventListener('beforeprint', each((table) => table.api.setGridOption('domLayout', 'print')));
  window.addEventListener('afterprint', each((table) => table.api.setGridOption('domLayout', 'normal')));
})();
