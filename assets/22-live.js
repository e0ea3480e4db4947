// The live client: requests its page's frame each second and sets only what changed. docs/adr/0002-live-frames.md
(function () {
  'use strict';

  const { figures, status } = window.ioc;
  const boot = status.boot;
  const root = document.documentElement;
  const INTERVAL = 1000, TIMEOUT = 4000, TIMEOUT_LOST = 2000, MAX_RETRY = 2000, HIDDEN_INTERVAL = 5000, MAX_HEADER = 7500;

  const TABLE_PARAMS = ['tim', 'xep']; // what a table is searched and sorted by: the browser's part, unless it is drawn or paged
  const pages = boot.pages.map(([name, path, packages, isPaged]) => {
    const names = [];
    const pattern = path.replace(/^\/|\/$/g, '').split(/<([a-z_]+)>/).map((part, n) => {
      if (n % 2) { names.push(part); return '([^/]+)'; }
      return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    }).join('');
    return { name, names, packages, isPaged, pattern: new RegExp('^/?' + pattern + '/?$') };
  });

  let currentAddress = null; // address of the requested frame: page, parameters, language
  let etag = '';
  let hashes = {}; // id -> hash of its current props
  let frame = new Map(); // id -> props, as received
  let nodes = new Map(); // id -> element on which they were last set
  let graphProps = new Map(); // id of a graph -> props last passed to Plotly
  let failures = 0, timer = 0, pending = null, stopped = false;
  let latestPoll = 0;
  const firstPaint = document.getElementById('first-paint');

  function frameAddress() {
    const query = new URLSearchParams(location.search);
    if (!query.has('lang')) query.set('lang', root.lang);
    if (boot.drawn) query.set('ve', '1');
    for (const { name, names, pattern, isPaged } of pages) {
      const match = pattern.exec(location.pathname);
      if (!match) continue;
      if (!boot.drawn && !isPaged) TABLE_PARAMS.forEach((each) => query.delete(each));
      names.forEach((key, n) => query.set(key, decodeURIComponent(match[n + 1])));
      return '/live/' + name + '?' + query;
    }
    return '/live/-?' + query;
  }

  // React's element with this id, not the one of the first paint.
  function element(id) {
    const first = document.getElementById(id);
    if (!first || !firstPaint.isConnected || !firstPaint.contains(first)) return first;
    return document.querySelector('#react-entry-point [id="' + CSS.escape(id) + '"]');
  }

  function setProps(id) {
    const node = element(id);
    if (!node || !window.dash_clientside || !window.dash_clientside.set_props) return false;
    const result = figures.applyTheme(id, frame.get(id));
    window.dash_clientside.set_props(id, figures.keepReaderChanges(result, graphProps.get(id), node));
    if (result.figure) graphProps.set(id, result);
    nodes.set(id, node);
    return true;
  }

  // A panel whose layout has its own markup (the rail) mounts with that: restore what the first paint showed.
  function adoptFirstPaint(id, node) {
    const painted = firstPaint.querySelector('[id="' + CSS.escape(id) + '"]');
    if (painted && painted.innerHTML !== node.innerHTML) window.ioc_panel.morph(node, painted.innerHTML);
  }

  // Sets props on components that were mounted since the last update.
  function applyToNewNodes() {
    for (const id in hashes) {
      const node = element(id), before = nodes.get(id);
      if (!node || node === before) continue;
      if (frame.has(id)) {
        // Dash keeps props that were set while its Graph was still loading.
        if (before && before.classList.contains('dash-graph--pending') && !before.isConnected) nodes.set(id, node);
        else setProps(id);
      } else if (before) {
        delete hashes[id];
        etag = '';
      } else {
        adoptFirstPaint(id, node);
        nodes.set(id, node);
      }
    }
    if (firstPaint.isConnected) removeFirstPaint();
    checkReady();
  }

  function removeFirstPaint() {
    const ids = Object.keys(boot.hashes);
    const content = document.querySelector('#react-entry-point #_pages_content');
    if (!content || !content.firstChild || !ids.every((id) => !firstPaint.querySelector('[id="' + CSS.escape(id) + '"]') || element(id))) return;
    firstPaint.remove();
    status.update();
    status.updateLink();
  }

  let readyTimer = 0;
  function checkReady() {
    clearTimeout(readyTimer);
    if (window.iocReady || currentAddress === null || etag === '' || firstPaint.isConnected) return;
    const graphs = [...document.querySelectorAll('#react-entry-point .dash-graph')];
    const all = graphs.every((graph) => figures.isDrawn(graph, frame.get(graph.id)));
    const table = document.querySelector('#react-entry-point .table-host.is-pending');
    if (!all || table || document.fonts.status !== 'loaded') return void (readyTimer = setTimeout(checkReady, 50));
    window.iocReady = true;
    root.dataset.ready = '';
    if (new URLSearchParams(location.search).get('giay') === '1') stopForPrint();
  }

  // `steps`: [keep, drop, insert, …] of ioc/web/live/text_diff.py.
  function applyPatch(old, steps) {
    let result = '', offset = 0;
    for (let n = 0; n < steps.length; n += 3) {
      result += old.slice(offset, offset + steps[n]) + steps[n + 2];
      offset += steps[n] + steps[n + 1];
    }
    return result + old.slice(offset);
  }

  function setPanel(id, props, hash) {
    frame.set(id, props);
    nodes.delete(id);
    setProps(id);
    hashes[id] = hash;
  }

  // `requestedHashes`: the hashes at the time of the request. Returns false if a patched panel has changed since: then the
  // whole frame must be requested.
  function apply(body, requestedHashes) {
    let isComplete = true;
    for (const [id, props] of Object.entries(body.panels)) setPanel(id, props, body.hashes[id]);
    for (const [id, [hash, ...steps]] of Object.entries(body.patches)) {
      if (hashes[id] === requestedHashes[id] && frame.has(id)) setPanel(id, { markup: applyPatch(frame.get(id).markup, steps) }, hash);
      else {
        isComplete = false;
        delete hashes[id];
      }
    }
    status.setMoment(body.at);
    return isComplete;
  }

  function reset(next) {
    currentAddress = next;
    etag = '';
    hashes = {};
    frame = new Map();
    nodes = new Map();
    graphProps = new Map();
  }

  async function requestFrame() {
    const to = frameAddress();
    if (to !== currentAddress) reset(to);
    const headers = {};
    const requestedHashes = { ...hashes };
    const joinedHashes = Object.values(hashes).join('');
    if (etag) headers['If-None-Match'] = etag;
    if (window.ioc.user.isActive()) headers['X-Ioc-Active'] = '1';
    if (joinedHashes.length < MAX_HEADER) {
      headers['X-Ioc-Have'] = joinedHashes;
      headers['X-Ioc-Base'] = Object.keys(hashes).filter((id) => frame.has(id)).map((id) => hashes[id]).join('');
    }
    pending = new AbortController();
    const timeout = setTimeout(() => pending.abort(), root.dataset.link === 'lost' ? TIMEOUT_LOST : TIMEOUT);
    try {
      const answer = await fetch(to, { headers, cache: 'no-store', signal: pending.signal });
      if (answer.status === 401) window.ioc.user.onUnauthorized();
      if (answer.status === 403) status.reload('denied', 60);
      if (answer.status !== 200 && answer.status !== 304) throw new Error(String(answer.status));
      const body = answer.status === 200 ? await answer.json() : null;
      if (to !== frameAddress()) return;
      if (body) {
        etag = apply(body, requestedHashes) ? answer.headers.get('ETag') : '';
      }
      failures = 0;
      window.ioc.user.onAuthorized();
      status.recordAnswer(answer.headers);
      applyToNewNodes();
    } finally {
      clearTimeout(timeout);
    }
  }

  async function poll() {
    clearTimeout(timer);
    const started = performance.now();
    const number = (latestPoll += 1);
    try {
      await requestFrame();
    } catch (error) {
      // The banner reports lost answers; the next poll tries again.
      failures += 1;
      if (number === latestPoll && error.name !== 'AbortError') console.warn('live:', error.message);
    }
    if (stopped || number !== latestPoll) return;
    const pause = failures ? Math.min(MAX_RETRY, INTERVAL * 1.5 ** (failures - 1)) : document.hidden && !boot.kiosk ? HIDDEN_INTERVAL : INTERVAL;
    timer = setTimeout(poll, Math.max(50, pause - (performance.now() - started)));
  }

  function pollNow() {
    if (stopped) return;
    if (pending) pending.abort();
    poll();
  }

  function stopForPrint() {
    stopped = true;
    clearTimeout(timer);
    if (pending) pending.abort();
    window.iocShown = { moment: status.freeze(), panels: hashes, build: boot.build };
  }

  const remember = (name, value) => { document.cookie = name + '=' + value + '; path=/; max-age=31536000; SameSite=Lax'; };

  function setLanguage(lang) {
    remember('lang', lang);
    root.lang = lang;
    const query = new URLSearchParams(location.search);
    query.delete('lang');
    const next = location.pathname + (query.size ? '?' + query : '');
    if (packagesAt(location.pathname) !== '') location.replace(next);
    else navigate(next);
  }

  // A link to the other language that is opened elsewhere, such as in a new tab, has the whole address as it is now.
  function followAddress(event) {
    const link = event.target.closest && event.target.closest('a[data-lang]');
    if (!link) return;
    const query = new URLSearchParams(location.search);
    query.set('lang', link.dataset.lang);
    link.setAttribute('href', '?' + query);
  }

  // The component packages that the page at `path` loads beside Dash's own; null for a working page, or none.
  function packagesAt(path) {
    const page = pages.find(({ pattern }) => pattern.test(path));
    return page ? page.packages : null;
  }

  const prefersLight = window.matchMedia('(prefers-color-scheme: light)');

  // As dcc.Link does: Dash's Location component renders the page without a reload.
  function navigate(path) {
    const open = CSS.supports('selector(:popover-open)') && document.querySelector('.rail-more:popover-open');
    if (open) open.hidePopover();
    history.pushState({}, '', path);
    window.dispatchEvent(new CustomEvent('_dashprivate_pushstate'));
  }

  function onClick(event) {
    const target = event.target.closest ? event.target.closest('a[href], [data-theme-switch]') : null;
    if (!target || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (target.hasAttribute('data-theme-switch')) {
      const isLight = root.dataset.theme === 'light' || (root.dataset.theme === 'auto' && prefersLight.matches);
      root.dataset.theme = isLight ? 'dark' : 'light';
      return remember('theme', root.dataset.theme);
    }
    if (target.dataset.lang) { event.preventDefault(); return setLanguage(target.dataset.lang); }
    const to = new URL(target.href, location.href);
    // A working page, and a page with other packages, is opened and left by the browser, as a new document.
    const packages = packagesAt(location.pathname);
    const isSame = to.origin === location.origin && packages !== null && packagesAt(to.pathname) === packages;
    if (!isSame || boot.kiosk || target.target || target.hasAttribute('download') || to.hash) return;
    event.preventDefault();
    navigate(to.pathname + to.search);
    window.scrollTo(0, 0);
  }

  // Our address of Plotly's bundle has a fingerprint; Dash's renderer would request the one without.
  Object.defineProperty(window, '_dashPlotlyJSURL', { get: () => boot.plotly, set: () => {} });

  currentAddress = frameAddress();
  for (const [id, hash] of Object.entries(boot.hashes)) {
    if (firstPaint.querySelector('[id="' + CSS.escape(id) + '"]')) hashes[id] = hash;
    else boot.etag = '';
  }
  etag = boot.etag;
  status.setMoment(boot.at);
  status.start();
  document.addEventListener('click', onClick);
  for (const kind of ['pointerdown', 'focusin']) document.addEventListener(kind, followAddress, true);
  document.addEventListener('visibilitychange', () => document.hidden || pollNow());
  window.addEventListener('popstate', pollNow);
  window.addEventListener('_dashprivate_pushstate', pollNow);
  window.addEventListener('online', pollNow);
  window.addEventListener('ioc-moved', pollNow); // the parameters changed, the page is the same
  new MutationObserver(applyToNewNodes).observe(document.getElementById('react-entry-point'), { childList: true, subtree: true });
  const redraw = () => { for (const [id, props] of frame) if (props.figure) setProps(id); };
  new MutationObserver(redraw).observe(root, { attributes: true, attributeFilter: ['data-theme'] });
  window.matchMedia('(max-width: 600px)').addEventListener('change', redraw);
  prefersLight.addEventListener('change', redraw);
  poll();
})();
