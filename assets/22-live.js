// The live client: asks for its page's frame each second and sets only what changed. docs/adr/0002-live-frames.md
(function () {
  'use strict';

  const { figures, screen } = window.ioc;
  const boot = screen.boot;
  const root = document.documentElement;
  const EVERY = 1000, PATIENCE = 4000, PATIENCE_LOST = 2000, SLOWEST = 2000, HIDDEN = 5000, LONGEST = 7500;

  const pages = boot.pages.map(([name, path]) => {
    const names = [];
    const pattern = path.replace(/^\/|\/$/g, '').split(/<([a-z_]+)>/).map((part, n) => {
      if (n % 2) { names.push(part); return '([^/]+)'; }
      return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    }).join('');
    return { name, names, pattern: new RegExp('^/?' + pattern + '/?$') };
  });

  let place = null; // what is asked for: page, parameters, language
  let etag = '';
  let held = {}; // id -> hash of what this screen holds
  let frame = new Map(); // id -> props, as they came
  let nodes = new Map(); // id -> the element that they were last set on
  let shown = new Map(); // id of a graph -> the props that were last made for it
  let failures = 0, timer = 0, asking = null, stopped = false;
  const paint = document.getElementById('first-paint');

  function address() {
    const query = new URLSearchParams(location.search);
    if (!query.has('lang')) query.set('lang', root.lang);
    for (const { name, names, pattern } of pages) {
      const found = pattern.exec(location.pathname);
      if (!found) continue;
      names.forEach((key, n) => query.set(key, decodeURIComponent(found[n + 1])));
      return '/live/' + name + '?' + query;
    }
    return '/live/-?' + query;
  }

  // React's element of `id`, not the first paint's.
  function element(id) {
    const first = document.getElementById(id);
    if (!first || !paint.isConnected || !paint.contains(first)) return first;
    return document.querySelector('#react-entry-point [id="' + CSS.escape(id) + '"]');
  }

  function set(id) {
    const node = element(id);
    if (!node || !window.dash_clientside || !window.dash_clientside.set_props) return false;
    const made = figures.themed(id, frame.get(id));
    window.dash_clientside.set_props(id, figures.kept(made, shown.get(id), node));
    if (made.figure) shown.set(id, made);
    nodes.set(id, node);
    return true;
  }

  // A panel whose layout has words of its own (the rail) mounts with those: it is held as the first paint showed it.
  function adopt(id, node) {
    const painted = paint.querySelector('[id="' + CSS.escape(id) + '"]');
    if (painted && painted.innerHTML !== node.innerHTML) window.ioc_panel.morph(node, painted.innerHTML);
  }

  // A component that came to the page, or came anew, since its props were set.
  function settle() {
    for (const id in held) {
      const node = element(id), before = nodes.get(id);
      if (!node || node === before) continue;
      if (frame.has(id)) {
        // Dash keeps what it was told while its Graph was still on the way.
        if (before && before.classList.contains('dash-graph--pending') && !before.isConnected) nodes.set(id, node);
        else set(id);
      } else if (before) {
        delete held[id];
        etag = '';
      } else {
        adopt(id, node);
        nodes.set(id, node);
      }
    }
    if (paint.isConnected) uncover();
    ready();
  }

  function uncover() {
    const ids = Object.keys(boot.hashes);
    const content = document.querySelector('#react-entry-point #_pages_content');
    if (!content || !content.firstChild || !ids.every((id) => !paint.querySelector('[id="' + CSS.escape(id) + '"]') || element(id))) return;
    paint.remove();
    screen.tick();
    screen.link();
  }

  let looking = 0;
  function ready() {
    clearTimeout(looking);
    if (window.iocReady || place === null || etag === '' || paint.isConnected) return;
    const graphs = [...document.querySelectorAll('#react-entry-point .dash-graph')];
    const all = graphs.every((graph) => figures.drawn(graph, frame.get(graph.id)));
    if (!all || document.fonts.status !== 'loaded') return void (looking = setTimeout(ready, 50));
    window.iocReady = true;
    root.dataset.ready = '';
    if (new URLSearchParams(location.search).get('giay') === '1') stop();
  }

  // `steps`: keep, drop, put, … as ioc/web/live/text_diff.py makes them.
  function patched(old, steps) {
    let made = '', at = 0;
    for (let n = 0; n < steps.length; n += 3) {
      made += old.slice(at, at + steps[n]) + steps[n + 2];
      at += steps[n] + steps[n + 1];
    }
    return made + old.slice(at);
  }

  function give(id, props, hash) {
    frame.set(id, props);
    nodes.delete(id);
    set(id);
    held[id] = hash;
  }

  // `told`: what this screen held when it asked. False when it no longer holds what was patched: it asks for the whole.
  function apply(body, told) {
    let whole = true;
    for (const [id, props] of Object.entries(body.panels)) give(id, props, body.hashes[id]);
    for (const [id, [hash, ...steps]] of Object.entries(body.patches)) {
      if (held[id] === told[id] && frame.has(id)) give(id, { markup: patched(frame.get(id).markup, steps) }, hash);
      else {
        whole = false;
        delete held[id];
      }
    }
    screen.picture(body.at);
    return whole;
  }

  function go(to) {
    place = to;
    etag = '';
    held = {};
    frame = new Map();
    nodes = new Map();
    shown = new Map();
  }

  async function ask() {
    const to = address();
    if (to !== place) go(to);
    const headers = {};
    const told = { ...held };
    const have = Object.values(held).join('');
    if (etag) headers['If-None-Match'] = etag;
    if (window.ioc.me.active()) headers['X-Ioc-Active'] = '1';
    if (have.length < LONGEST) {
      headers['X-Ioc-Have'] = have;
      headers['X-Ioc-Base'] = Object.keys(held).filter((id) => frame.has(id)).map((id) => held[id]).join('');
    }
    asking = new AbortController();
    const late = setTimeout(() => asking.abort(), root.dataset.link === 'lost' ? PATIENCE_LOST : PATIENCE);
    try {
      const answer = await fetch(to, { headers, cache: 'no-store', signal: asking.signal });
      if (answer.status === 401) window.ioc.me.refused();
      if (answer.status === 403) screen.reload('denied', 60);
      if (answer.status !== 200 && answer.status !== 304) throw new Error(String(answer.status));
      const body = answer.status === 200 ? await answer.json() : null;
      if (to !== address()) return;
      if (body) {
        etag = apply(body, told) ? answer.headers.get('ETag') : '';
      }
      failures = 0;
      window.ioc.me.welcome();
      screen.heard(answer.headers);
      settle();
    } finally {
      clearTimeout(late);
    }
  }

  async function turn() {
    clearTimeout(timer);
    const started = performance.now();
    const mine = (turn.latest = (turn.latest || 0) + 1);
    try {
      await ask();
    } catch (fault) {
      // A frame that could not be fetched or set: the link's own watch says so, the next turn asks again.
      failures += 1;
      if (mine === turn.latest && fault.name !== 'AbortError') console.warn('live:', fault.message);
    }
    if (stopped || mine !== turn.latest) return;
    const pause = failures ? Math.min(SLOWEST, EVERY * 1.5 ** (failures - 1)) : document.hidden && !boot.kiosk ? HIDDEN : EVERY;
    timer = setTimeout(turn, Math.max(50, pause - (performance.now() - started)));
  }

  function soon() {
    if (stopped) return;
    if (asking) asking.abort();
    turn();
  }

  function stop() {
    stopped = true;
    clearTimeout(timer);
    if (asking) asking.abort();
    window.iocShown = { moment: screen.stop(), panels: held, build: boot.build };
  }

  const remember = (name, value) => { document.cookie = name + '=' + value + '; path=/; max-age=31536000; SameSite=Lax'; };

  function speak(lang) {
    remember('lang', lang);
    root.lang = lang;
    const query = new URLSearchParams(location.search);
    query.delete('lang');
    visit(location.pathname + (query.size ? '?' + query : ''));
  }

  // As dcc.Link does: Dash's own Location hears of it and draws the page without loading anew.
  function visit(path) {
    history.pushState({}, '', path);
    window.dispatchEvent(new CustomEvent('_dashprivate_pushstate'));
  }

  function clicked(event) {
    const target = event.target.closest ? event.target.closest('a[href], [data-theme-switch]') : null;
    if (!target || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (target.hasAttribute('data-theme-switch')) {
      root.dataset.theme = root.dataset.theme === 'light' ? 'dark' : 'light';
      return remember('theme', root.dataset.theme);
    }
    if (target.dataset.lang) { event.preventDefault(); return speak(target.dataset.lang); }
    const to = new URL(target.href, location.href);
    const known = to.origin === location.origin && pages.some(({ pattern }) => pattern.test(to.pathname));
    if (!known || boot.kiosk || target.target || target.hasAttribute('download') || to.hash) return;
    event.preventDefault();
    visit(to.pathname + to.search);
    window.scrollTo(0, 0);
  }

  // The address of plotly's bundle has a fingerprint; Dash's renderer would name the one without.
  Object.defineProperty(window, '_dashPlotlyJSURL', { get: () => boot.plotly, set() {} });

  place = address();
  for (const [id, hash] of Object.entries(boot.hashes)) {
    if (paint.querySelector('[id="' + CSS.escape(id) + '"]')) held[id] = hash;
    else boot.etag = '';
  }
  etag = boot.etag;
  screen.picture(boot.at);
  screen.start();
  document.addEventListener('click', clicked);
  document.addEventListener('visibilitychange', () => document.hidden || soon());
  window.addEventListener('popstate', soon);
  window.addEventListener('_dashprivate_pushstate', soon);
  window.addEventListener('online', soon);
  window.addEventListener('ioc-moved', soon); // the address has other parameters, the page is the same
  new MutationObserver(settle).observe(document.getElementById('react-entry-point'), { childList: true, subtree: true });
  const redraw = () => { for (const [id, props] of frame) if (props.figure) set(id); };
  new MutationObserver(redraw).observe(root, { attributes: true, attributeFilter: ['data-theme'] });
  window.matchMedia('(max-width: 600px)').addEventListener('change', redraw);
  turn();
})();
