// Texts of tiles of which a part of the ink is not seen: it lies beyond what clips it. A line's box is higher than its ink,
// so 14 % are left off above and below; a text that ends in an ellipsis says so itself.
() => {
  const found = [];
  for (const tile of document.querySelectorAll('#react-entry-point .tile')) {
    const walker = document.createTreeWalker(tile, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode());) {
      const owner = node.parentElement;
      if (!node.data.trim() || owner.closest('svg, .visually-hidden') || !owner.checkVisibility({ visibilityProperty: true })) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const line of range.getClientRects()) {
        const blank = line.height * 0.14;
        for (let up = owner; up !== tile.parentElement; up = up.parentElement) {
          const { overflow, display, textOverflow } = getComputedStyle(up), clip = up.getBoundingClientRect();
          if (overflow === 'visible' || display === 'inline') continue;
          const high = Math.max(clip.top - line.top - blank, line.bottom - blank - clip.bottom);
          const wide = textOverflow === 'ellipsis' ? 0 : Math.max(clip.left - line.left, line.right - clip.right);
          if (high > 1 || wide > 1) found.push(`${up.className}: "${node.data.trim().slice(0, 30)}" ${Math.round(Math.max(high, wide))} px`);
        }
      }
    }
  }
  return [...new Set(found)];
}
