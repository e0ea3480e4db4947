// Tables of dash-ag-grid: what its column definitions name as {'function': …}, and how cells are drawn.
(function () {
  'use strict';

  const react = window.React;
  const collators = { vi: new Intl.Collator('vi', { numeric: true }), en: new Intl.Collator('en', { numeric: true }) };
  const collator = () => collators[document.documentElement.lang] || collators.vi;
  const isNone = (value) => value === null || value === undefined || value === '';

  // Without tone marks, so that "can tho" finds "Cần Thơ".
  const fold = (text) => String(text).normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/g, 'd').replace(/Đ/g, 'D').toLowerCase();

  // A cell is a plain value, or {text, href, mark, kind}: what is shown is its text.
  const textOf = (value) => (value !== null && typeof value === 'object' ? value.text : value);

  function compare(a, b) {
    const [left, right] = [a, b].map((value) => (value !== null && typeof value === 'object' && 'order' in value ? value.order : textOf(value)));
    if (isNone(left) || isNone(right)) return isNone(left) - isNone(right);
    if (typeof left === 'number' && typeof right === 'number') return left - right;
    return collator().compare(String(left), String(right));
  }

  // The state of a page stands in its address, without a navigation: Back leaves the page.
  function writeAddress(name, value) {
    const query = new URLSearchParams(location.search);
    if (value) query.set(name, value);
    else query.delete(name);
    const next = location.pathname + (query.size ? '?' + query : '');
    if (next !== location.pathname + location.search) history.replaceState(history.state, '', next);
  }

  window.ioc.writeAddress = writeAddress;

  Object.assign((window.dashAgGridFunctions = window.dashAgGridFunctions || {}), {
    rowId: (params) => String(params.data.id),
    compareCells: (a, b) => compare(a, b),
    cellText: (params) => { const text = textOf(params.value); return isNone(text) ? '–' : text; },
    foldedText: (params) => fold(textOf(params.value) || ''),
    foldFilter: (text) => fold(text || ''),
  });

  const Bar = ({ width, plan, kind, title }) => react.createElement('span',
    { className: 'plan-bar bar-' + kind, ...(title ? { role: 'img', 'aria-label': title } : { 'aria-hidden': true }) },
    react.createElement('i', { style: { width: width + '%' } }),
    isNone(plan) ? null : react.createElement('b', { style: { left: Math.min(plan, 99.4) + '%' } }));

  function Cell(props) {
    const { value } = props;
    if (props.data === undefined) return '…'; // its block is on the way
    if (value === null || typeof value !== 'object') return react.createElement('span', { className: 'cell' }, isNone(value) ? '–' : String(value));
    const inside = [value.sign && react.createElement('span', { key: 's', className: 'cell-sign is-' + value.kind, 'aria-hidden': true }, value.sign + ' '), value.text];
    const { href, kind, title, bar } = value;
    if (bar) return react.createElement('span', { className: 'task-progress', title }, react.createElement(Bar, { ...bar, kind, title }), react.createElement('span', null, inside));
    const text = react.createElement('span', { className: kind ? 'cell is-' + kind : 'cell', title: href ? undefined : title }, inside);
    return href ? react.createElement('a', { className: 'cell-link', tabIndex: -1, href, title }, text) : text;
  }

  // A button in a row: sets cellRendererData to {colId, rowId, value}.
  function ButtonCell(props) {
    const label = props.data === undefined ? null : textOf(props.value);
    if (isNone(label)) return null;
    const kind = (props.value && props.value.kind) || 'outline-secondary';
    return react.createElement('button', { type: 'button', tabIndex: -1, className: 'btn btn-sm btn-' + kind, onClick: () => props.setData(props.value.act || label) }, label);
  }

  Object.assign((window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {}), { Cell, ButtonCell });

  // A grid that reads blocks keeps its rows' height where the styles set another (20-table.css), as on a turned tablet.
  matchMedia('(max-width: 900px)').addEventListener('change', () => {
    for (const root of document.querySelectorAll('.table-host.is-paged .ag-root-wrapper')) {
      const height = parseFloat(getComputedStyle(root).getPropertyValue('--ag-row-height'));
      window.dash_ag_grid.getApi(root.closest('.table-host > [id]').id).setGridOption('rowHeight', height);
    }
  });

  // dash-ag-grid hands cellRendererData, which tells callbacks what was pressed, on to AG Grid, which knows no such option
  // and says so in the console.
  document.addEventListener('DOMContentLoaded', () => {
    if (!window.dash_ag_grid) return; // a page without a table
    const { AgGrid } = window.dash_ag_grid;
    function Grid({ cellRendererData, ...props }) { return react.createElement(AgGrid, props); }
    Object.setPrototypeOf(Grid, AgGrid); // what Dash asks of the component itself
    window.dash_ag_grid = Object.create(window.dash_ag_grid, { AgGrid: { value: Grid } });
  });
})();
