// Texts that lie over each other: pairs of text nodes whose visible ink intersects by more than 2 px each way. A line's box
// is higher than its ink, so 14 % are left off above and below. A text that lies in a fixed bar over the scrolling page is
// meant to; `allowed` holds selectors of others that are.
(allowed) => {
  const boxes = [];
  const meant = ['script', 'style', 'noscript', 'option', 'title', 'desc', ...allowed].join(', ');
  const isHidden = (one) => !one.checkVisibility({ visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true });
  const isClipped = (one) => one && (getComputedStyle(one).clipPath === 'inset(50%)' || isClipped(one.parentElement)); // for screen readers
  const isBar = (one) => one && (getComputedStyle(one).position === 'fixed' || isBar(one.parentElement));
  const clipOf = (one) => {
    const clip = { left: -1e9, top: -1e9, right: 1e9, bottom: 1e9 };
    for (let up = one; up && up !== document.body; up = up.parentElement) {
      const style = getComputedStyle(up);
      if (style.overflow === 'visible' || style.display === 'inline') continue;
      const edge = up.getBoundingClientRect();
      clip.left = Math.max(clip.left, edge.left); clip.right = Math.min(clip.right, edge.right);
      clip.top = Math.max(clip.top, edge.top); clip.bottom = Math.min(clip.bottom, edge.bottom);
    }
    return clip;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const owner = node.parentElement;
    if (!node.data.trim() || owner.closest(meant) || isHidden(owner) || isClipped(owner) || isBar(owner)) continue;
    const range = document.createRange(), clip = clipOf(owner);
    range.selectNodeContents(node);
    for (const line of range.getClientRects()) {
      const blank = line.height * 0.14;
      const box = {
        left: Math.max(line.left, clip.left), right: Math.min(line.right, clip.right),
        top: Math.max(line.top + blank, clip.top), bottom: Math.min(line.bottom - blank, clip.bottom),
      };
      if (box.right - box.left > 2 && box.bottom - box.top > 2) boxes.push({ node, owner, ...box });
    }
  }
  boxes.sort((a, b) => a.top - b.top);
  const name = ({ node, owner }) => `${owner.closest('[class]')?.getAttribute('class')} "${node.data.trim().slice(0, 40)}"`;
  const found = [];
  boxes.forEach((a, n) => {
    for (let m = n + 1; m < boxes.length && boxes[m].top < a.bottom; m++) {
      const b = boxes[m];
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left), high = Math.min(a.bottom, b.bottom) - b.top;
      if (a.node !== b.node && wide > 2 && high > 2) found.push(`${name(a)} / ${name(b)}: ${Math.round(wide)} x ${Math.round(high)}`);
    }
  });
  return found;
}
