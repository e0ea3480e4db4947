// Keys in tables: arrows move from cell to cell, Enter and Space press the button or follow the link of a cell, and Tab
// leaves the rows. A table of 200 rows is one stop of the Tab key.
(function () {
  'use strict';

  Object.assign((window.dashAgGridFunctions = window.dashAgGridFunctions || {}), { leaveRows: () => false });

  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    const target = event.target.matches('.table-host .ag-cell') && event.target.querySelector('a[href], button, summary');
    if (!target) return;
    event.preventDefault();
    target.click();
  });
})();
