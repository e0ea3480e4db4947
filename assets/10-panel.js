// window.ioc_panel.Panel: the React component of components/ui/panel.py. It holds markup and moves its DOM towards each
// new one in place: a node that is still there stays the same node, so focus, scroll and open controls survive.
// What the live client adds (ages, the class expired, the clock's text) is not undone; [data-fixed] is never touched.
(function () {
  'use strict';

  const given = new WeakMap(); // element -> the style attribute that the markup gave it

  const keyOf = (node) => (node.nodeType === 1 ? node.id || node.getAttribute('data-key') || '' : '');
  const same = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
  const counted = (node) => node.hasAttribute('data-age') || node.hasAttribute('data-clock');

  function setStyle(node, text) {
    const had = given.has(node) ? given.get(node) : (node.getAttribute('style') || '').replace(/\s*--age:[^;]*;?/, '');
    if (had === text) return;
    const age = node.style.getPropertyValue('--age');
    given.set(node, text);
    if (text) node.setAttribute('style', text);
    else node.removeAttribute('style');
    if (age && node.hasAttribute('data-limit')) node.style.setProperty('--age', age);
  }

  function setClass(node, text) {
    const kept = node.hasAttribute('data-limit') && node.classList.contains('expired') ? (text + ' expired').trim() : text;
    if ((node.getAttribute('class') || '') !== kept) node.setAttribute('class', kept);
  }

  function patchAttributes(node, wanted) {
    for (const { name } of [...node.attributes]) {
      const stays = name === 'open' || name === 'class' || name === 'style' || wanted.hasAttribute(name);
      if (!stays) node.removeAttribute(name);
    }
    for (const { name, value } of wanted.attributes) {
      // Whether a <details> is open is the reader's: the markup says it only when the element is new.
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
    // Never the age of what stood there before, until the next second.
    if (node.getAttribute('data-age') !== age) node.textContent = '';
    if (!(counted(node) && counted(wanted))) patchChildren(node, wanted);
  }

  // A keyed node is found wherever it stands; another one only right here.
  function candidate(parent, here, wanted) {
    if (here && same(here, wanted)) return here;
    const key = keyOf(wanted);
    if (!key) return null;
    for (let node = here; node; node = node.nextSibling) if (same(node, wanted)) return node;
    return null;
  }

  function patchChildren(parent, wanted) {
    const keys = new Set([...wanted.children].map(keyOf).filter(Boolean));
    let here = parent.firstChild;
    for (const next of [...wanted.childNodes]) {
      while (here && keyOf(here) && !keys.has(keyOf(here))) {
        const gone = here;
        here = here.nextSibling;
        gone.remove();
      }
      const found = candidate(parent, here, next);
      if (found) {
        if (found !== here) parent.insertBefore(found, here);
        else here = here.nextSibling;
        patch(found, next);
      } else if (here && !keyOf(here) && !keyOf(next) && here.nodeType === next.nodeType) {
        const old = here;
        here = here.nextSibling;
        old.replaceWith(next);
      } else {
        parent.insertBefore(next, here);
      }
    }
    while (here) {
      const gone = here;
      here = here.nextSibling;
      gone.remove();
    }
  }

  function morph(node, markup) {
    const template = document.createElement('template');
    template.innerHTML = markup;
    patchChildren(node, template.content);
    if (window.ioc && window.ioc.screen) window.ioc.screen.fill(node);
  }

  // What the index page already shows for this panel, so that it never stands empty.
  function painted(id) {
    const page = document.getElementById('first-paint');
    return page && page.querySelector('[id="' + CSS.escape(id) + '"]');
  }

  class Panel extends React.Component {
    constructor(props) {
      super(props);
      this.hold = (node) => { this.node = node; };
    }
    componentDidMount() {
      const source = !this.props.markup && painted(this.props.id);
      if (source) this.node.append(...[...source.childNodes].map((one) => one.cloneNode(true)));
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
      return React.createElement(tag || 'div', { id, className, ref: this.hold, ...rest });
    }
  }

  window.ioc_panel = { Panel, morph };
})();
