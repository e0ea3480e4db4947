// Texts in cells of grids whose ink is cut above or below: the highest mark of a capital and the lowest of a small letter
// must have room in whatever clips them, up to the cell. A line that is hidden as a whole is not cut.
() => {
  const pen = document.createElement('canvas').getContext('2d'), found = [];
  const inkOf = (style) => {
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const high = pen.measureText('Ổ'), low = pen.measureText('gậ');
    return [high.actualBoundingBoxAscent, low.actualBoundingBoxDescent, high.fontBoundingBoxAscent];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const owner = node.parentElement, cell = owner.closest('.ag-cell, .ag-header-cell');
    if (!cell || !node.data.trim() || owner.closest('svg, .visually-hidden') || !owner.checkVisibility({ visibilityProperty: true })) continue;
    const range = document.createRange(), [ascent, descent, rise] = inkOf(getComputedStyle(owner));
    range.selectNodeContents(node);
    for (let up = owner; up !== cell.parentElement; up = up.parentElement) {
      const { overflowY, display } = getComputedStyle(up), clip = up.getBoundingClientRect();
      if (overflowY === 'visible' || display === 'inline') continue;
      for (const line of range.getClientRects()) {
        const base = line.top + rise, above = clip.top - (base - ascent), below = base + descent - clip.bottom;
        if (base < clip.bottom && base > clip.top && (above > 0.6 || below > 0.6)) found.push(`${up.className} "${node.data.trim().slice(0, 30)}": ${above.toFixed(1)} above, ${below.toFixed(1)} below`);
      }
    }
  }
  return [...new Set(found)];
}
