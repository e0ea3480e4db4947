// window.ioc_panel.Panel: the React component of components/ui/panel.py. It morphs its DOM towards each new markup in
// place: an unchanged node stays the same node, so focus, scroll and open controls survive.
// What the live client adds (ages, the class expired, the clock's text) is kept; [data-fixed] is never touched.
(function () {
  'use strict';

  const markupStyles = new WeakMap(); // element -> its style attribute in the markup

  const keyOf = (node) => (node.nodeType === 1 ? node.id || node.getAttribute('data-key') || '' : '');
  const isSameNode = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
  const isClientText = (node) => node.hasAttribute('data-age') || node.hasAttribute('data-clock');

  function setStyle(node, text) {
    const had = markupStyles.has(node) ? markupStyles.get(node) : (node.getAttribute('style') || '').replace(/\s*--age:[^;]*;?/, '');
    if (had === text) return;
    const age = node.style.getPropertyValue('--age');
    markupStyles.set(node, text);
    if (text) node.setAttribute('style', text);
    else node.removeAttribute('style');
    if (age && node.hasAttribute('data-limit')) node.style.setProperty('--age', age);
  }

  function setClass(node, text) {
    const wantedClass = node.hasAttribute('data-limit') && node.classList.contains('expired') ? (text + ' expired').trim() : text;
    if ((node.getAttribute('class') || '') !== wantedClass) node.setAttribute('class', wantedClass);
  }

  function patchAttributes(node, wanted) {
    for (const { name } of [...node.attributes]) {
      const stays = name === 'open' || name === 'class' || name === 'style' || wanted.hasAttribute(name);
      if (!stays) node.removeAttribute(name);
    }
    for (const { name, value } of wanted.attributes) {
      // The reader opens and closes <details>: the markup counts only for a new element.
      if (name === 'open' || name === 'class' || name === 'style') continue;
      if (node.getAttribute(name) !== value) node.setAttribute(name, value);
    }
    setClass(node, wanted.getAttribute('class') || '');
    setStyle(node, wanted.getAttribute('style') || '');
    if (node.nodeName === 'OPTION') node.selected = wanted.selected;
  }

  function patch(node, wanted) {
    if (node.nodeType !== 1) {
      if (node.nodeValue !== wanted.nodeValue) node.nodeValue = wanted.nodeValue;
      return;
    }
    if (node.hasAttribute('data-fixed')) return;
    const age = node.getAttribute('data-age');
    patchAttributes(node, wanted);
    // Do not show the previous age until the next tick.
    if (node.getAttribute('data-age') !== age) node.textContent = '';
    if (!(isClientText(node) && isClientText(wanted))) patchChildren(node, wanted);
  }

  // A node with a key may be anywhere among the siblings; one without must be at this position.
  function candidate(parent, here, wanted) {
    if (here && isSameNode(here, wanted)) return here;
    const key = keyOf(wanted);
    if (!key) return null;
    for (let node = here; node; node = node.nextSibling) if (isSameNode(node, wanted)) return node;
    return null;
  }

  function patchChildren(parent, wanted) {
    const keys = new Set([...wanted.children].map(keyOf).filter(Boolean));
    let here = parent.firstChild;
    for (const next of [...wanted.childNodes]) {
      while (here && keyOf(here) && !keys.has(keyOf(here))) {
        const removed = here;
        here = here.nextSibling;
        removed.remove();
      }
      const match = candidate(parent, here, next);
      if (match) {
        if (match !== here) parent.insertBefore(match, here);
        else here = here.nextSibling;
        patch(match, next);
      } else if (here && !keyOf(here) && !keyOf(next) && here.nodeType === next.nodeType) {
        const old = here;
        here = here.nextSibling;
        old.replaceWith(next);
      } else {
        parent.insertBefore(next, here);
      }
    }
    while (here) {
      const removed = here;
      here = here.nextSibling;
      removed.remove();
    }
  }

  function morph(node, markup) {
    const template = document.createElement('template');
    template.innerHTML = markup;
    patchChildren(node, template.content);
    if (window.ioc && window.ioc.status) window.ioc.status.fillAges(node);
    if (window.ioc && window.ioc.user && node.id.startsWith('shell-')) window.ioc.user.show(); // before it is painted
  }

  // The panel's content in the first paint, so that it is never empty.
  function firstPaintOf(id) {
    const page = document.getElementById('first-paint');
    return page && page.querySelector('[id="' + CSS.escape(id) + '"]');
  }

  class Panel extends React.Component {
    constructor(props) {
      super(props);
      this.setNode = (node) => { this.node = node; };
    }
    componentDidMount() {
      const source = !this.props.markup && firstPaintOf(this.props.id);
      if (source) this.node.append(...[...source.childNodes].map((child) => child.cloneNode(true)));
      else if (this.props.markup) morph(this.node, this.props.markup);
    }
    shouldComponentUpdate(next) {
      return next.markup !== this.props.markup || next.className !== this.props.className;
    }
    componentDidUpdate(before) {
      if (before.markup !== this.props.markup) morph(this.node, this.props.markup || '');
    }
    render() {
      const { tag, id, className } = this.props;
      const rest = Object.fromEntries(Object.entries(this.props).filter(([key]) => /^(data|aria)-/.test(key)));
      return React.createElement(tag || 'div', { id, className, ref: this.setNode, ...rest });
    }
  }

  window.ioc_panel = { Panel, morph };
})();
