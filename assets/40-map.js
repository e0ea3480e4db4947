// Maps: the picture is fitted to its box and its text to the screen's height; marks are drawn here, so that no screen
// depends on its fonts for ▲ ◆ ◌; tips, taps and buttons. docs/adr/0004-map.md
(function () {
  'use strict';

  const MARGIN = 0.05; // of the box, left free around the city
  const NARROW = 560; // CSS px at a rem of 16: a box below it has less room for names
  const MARK = 44; // side of a mark's picture, CSS px
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
  const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;

  // Fitting ------------------------------------------------------------------------------------------------------------
  const up = (lat) => Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360));
  const down = (y) => ((2 * Math.atan(Math.exp(y)) - Math.PI / 2) * 180) / Math.PI;

  function view([west, south, east, north], width, height) {
    const free = 1 - 2 * MARGIN - (width < NARROW * rem() ? 0.16 : 0);
    const wide = (width * free) / (((east - west) * Math.PI) / 180);
    const high = (height * free) / (up(north) - up(south));
    const zoom = Math.log2((Math.min(wide, high) * 2 * Math.PI) / 512);
    return { center: { lon: (west + east) / 2, lat: down((up(south) + up(north)) / 2) }, zoom: Math.round(zoom * 100) / 100 };
  }

  const bounds = (figure) => figure && figure.layout && figure.layout.meta && figure.layout.meta.bounds;

  // Dash's Graph takes a moved view into its figure, and the next figure would then undo it: so each one brings along
  // the view that the map was moved to.
  function kept(plot) {
    const map = mapOf(plot), was = plot && plot.iocView;
    if (!map || !was) return null;
    const zoom = map.getZoom(), { lng: lon, lat } = map.getCenter();
    const still = Math.abs(zoom - was.zoom) < 0.02 && Math.abs(lon - was.center.lon) < 1e-3 && Math.abs(lat - was.center.lat) < 1e-3;
    return still ? null : { center: { lon, lat }, zoom };
  }

  // `figure` is a copy that may be changed: zoom for the box of `node`, sizes for a screen whose rem is not 16 px.
  function fitted(figure, node) {
    const box = bounds(figure);
    if (!box || !node) return figure;
    const size = node.getBoundingClientRect(), by = rem(), narrow = size.width < NARROW * by;
    if (size.width && size.height) Object.assign(figure.layout.map, kept(plotOf(node)) || view(box, size.width, size.height));
    for (const trace of figure.data) if (trace.type === 'scattermap') trace.marker.size *= by;
    for (const { paint = {}, layout = {} } of figure.layout.map.style.layers) {
      for (const key of ['line-width', 'circle-radius', 'text-halo-width']) if (key in paint) paint[key] *= by;
      if ('text-size' in layout) layout['text-size'] *= by * (narrow ? 0.82 : 1);
    }
    return figure;
  }

  // Marks --------------------------------------------------------------------------------------------------------------
  const ring = (ink) => { ink.arc(22, 22, 6.2, 0, 7); return 'ink'; };
  // A point without a value is hollow; what is in it says why: nothing yet, a clock's hand, a cross, a bar.
  const INSIDE = {
    'ioc-no_data': [],
    'ioc-stale': [[22, 18, 22, 22], [22, 22, 25, 22]],
    'ioc-error': [[19.4, 19.4, 24.6, 24.6], [24.6, 19.4, 19.4, 24.6]],
    'ioc-off': [[22, 18.6, 22, 25.4]],
  };
  const SHAPES = {
    'ioc-attention'(ink) {
      ink.moveTo(22, 14.5); ink.lineTo(30.5, 29); ink.lineTo(13.5, 29); ink.closePath();
      return 'attention';
    },
    'ioc-critical'(ink) {
      ink.moveTo(22, 13.5); ink.lineTo(30.5, 22); ink.lineTo(22, 30.5); ink.lineTo(13.5, 22); ink.closePath();
      return 'critical';
    },
    'ioc-no_data': ring, 'ioc-stale': ring, 'ioc-error': ring, 'ioc-off': ring,
  };

  function picture(name, ratio) {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = MARK * ratio;
    const ink = canvas.getContext('2d');
    ink.scale(ratio, ratio);
    ink.beginPath();
    const tone = colour(SHAPES[name](ink));
    ink.lineJoin = 'round';
    if (INSIDE[name]) {
      ink.fillStyle = colour('ground');
      ink.fill();
      if (name === 'ioc-no_data') ink.setLineDash([2.6, 2.2]);
      for (const [x, y, u, v] of INSIDE[name]) { ink.moveTo(x, y); ink.lineTo(u, v); }
      ink.lineWidth = 1.7;
      ink.strokeStyle = tone;
      ink.stroke();
    } else {
      ink.lineWidth = 2;
      ink.strokeStyle = colour('ground');
      ink.stroke();
      ink.fillStyle = tone;
      ink.fill();
    }
    if (name === 'ioc-critical') {
      ink.beginPath();
      ink.arc(22, 22, 18.5, 0, 7);
      ink.lineWidth = 2.2;
      ink.strokeStyle = tone;
      ink.stroke();
    }
    return { tone, data: ink.getImageData(0, 0, canvas.width, canvas.height) };
  }

  const drawn = new WeakMap(); // map -> {name: colours that its picture was drawn with}

  function mark(map, name) {
    if (!SHAPES[name]) return;
    const ratio = Math.max(2, Math.ceil(window.devicePixelRatio || 1));
    const made = drawn.get(map) || {}, now = colour('attention') + colour('critical') + colour('ground');
    const there = map.hasImage(name);
    if (there && made[name] === now) return;
    const { data } = picture(name, ratio);
    if (there) map.updateImage(name, data);
    else map.addImage(name, data, { pixelRatio: ratio });
    drawn.set(map, { ...made, [name]: now });
  }

  // One graph ----------------------------------------------------------------------------------------------------------
  const plotOf = (node) => node && (node.classList.contains('js-plotly-plot') ? node : node.querySelector('.js-plotly-plot'));
  const mapOf = (plot) => plot && plot._fullLayout && plot._fullLayout.map && plot._fullLayout.map._subplot && plot._fullLayout.map._subplot.map;
  const held = new WeakSet(); // plots and maps that are listened to

  function attach(node) {
    const plot = plotOf(node);
    if (!plot || !plot.on || !bounds(plot)) return false;
    follow(plot);
    if (held.has(plot)) return true;
    held.add(plot);
    plot.iocView = { center: { ...plot.layout.map.center }, zoom: plot.layout.map.zoom };
    plot.on('plotly_afterplot', () => follow(plot));
    const at = { x: 0, y: 0 };
    node.addEventListener('pointermove', ({ clientX: x, clientY: y }) => Object.assign(at, { x, y }), { capture: true, passive: true });
    plot.on('plotly_hover', (event) => tip(plot, event.points[0], at));
    plot.on('plotly_unhover', () => plot.iocTip || hide(plot)); // late: an event's tip may stand by now
    plot.on('plotly_click', (event) => tapped(plot, event));
    new ResizeObserver(() => refit(plot)).observe(node);
    return true;
  }

  function follow(plot) {
    const map = mapOf(plot);
    if (!map) return;
    Object.keys(SHAPES).forEach((name) => mark(map, name));
    if (window.iocEvents) window.iocEvents.lay(plot);
    // On a page that scrolls, a finger on the map must still scroll it.
    const still = frameOf(plot) && frameOf(plot).dataset.tap !== 'here' && matchMedia('(pointer: coarse)').matches;
    if (still) map.dragPan.disable();
    if (held.has(map)) return;
    held.add(map);
    map.on('styleimagemissing', ({ id }) => mark(map, id));
    map.on('move', () => hide(plot));
  }

  // A box of another size shows the whole city again, unless someone has moved the map.
  function refit(plot) {
    const size = plot.getBoundingClientRect(), map = plot.layout && plot.layout.map;
    if (!map || !size.width || !size.height || kept(plot)) return;
    const wanted = view(bounds(plot), size.width, size.height);
    if (Math.abs(plot.iocView.zoom - wanted.zoom) < 0.005) return;
    plot.iocView = wanted;
    go(plot, wanted);
  }

  const go = (plot, { center, zoom }) => window.Plotly.relayout(plot, { 'map.center': center, 'map.zoom': zoom });

  // Tips ---------------------------------------------------------------------------------------------------------------
  const frameOf = (plot) => plot.closest('[data-map]');

  function carried(frame, part) {
    const node = frame && frame.querySelector('[id="' + frame.dataset.map + '-' + part + '"] data');
    return node ? JSON.parse(node.textContent) : null;
  }

  function lines(frame, point) {
    const names = carried(frame, 'names'), values = carried(frame, 'values');
    if (!names || !values) return null;
    if (point.data.type === 'choroplethmap') return names.units[point.location] ? [['b', names.units[point.location]]] : null;
    const n = point.customdata, known = names.points[n];
    if (!known) return null;
    const [station, series, source, simulated, more, place] = known;
    const from = [simulated & 2 ? names.words.drill : '', source, simulated & 1 ? names.words.simulated : ''].filter(Boolean).join(' · ');
    return [['b', station], ['span', series + ' '], ['strong', values.values[n] + (values.times[n] ? ' · ' + values.times[n] : '')],
      ['small', [names.units[place], more].filter(Boolean).join(' · ')], ['small', from]].filter(([, text]) => text);
  }

  function tip(plot, point, at) {
    const frame = frameOf(plot), told = point && lines(frame, point);
    if (window.iocEvents && window.iocEvents.under(plot, at)) return;
    if (!told) return hide(plot);
    show(frame, told.map(([tag, text]) => Object.assign(document.createElement(tag), { textContent: text })), at);
  }

  function show(frame, nodes, at) {
    const box = frame.querySelector('.map-tip') || frame.appendChild(document.createElement('div'));
    box.className = 'map-tip';
    box.hidden = false;
    box.replaceChildren(...nodes);
    const around = frame.getBoundingClientRect();
    const x = at.x - around.left, y = at.y - around.top;
    box.style.left = Math.max(0, Math.min(x + 14, around.width - box.offsetWidth - 4)) + 'px';
    box.style.top = (y + 18 + box.offsetHeight > around.height ? Math.max(0, y - box.offsetHeight - 12) : y + 18) + 'px';
  }

  function hide(plot) {
    const box = frameOf(plot) && frameOf(plot).querySelector('.map-tip');
    if (box) box.hidden = true;
  }

  // Addresses ----------------------------------------------------------------------------------------------------------
  // The page stays as it is and its next frame answers the new address: Dash's router must not draw the page anew.
  function set(changes) {
    const query = new URLSearchParams(location.search);
    for (const [key, value] of Object.entries(changes)) value ? query.set(key, value) : query.delete(key);
    history.replaceState(history.state, '', location.pathname + (query.size ? '?' + query : ''));
    window.dispatchEvent(new Event('ioc-moved'));
  }

  function tapped(plot, { points, event }) {
    const frame = frameOf(plot), names = carried(frame, 'names');
    if (!frame || !names || (window.iocEvents && window.iocEvents.under(plot, { x: event.clientX, y: event.clientY }))) return;
    const point = points.find(({ data }) => data.type === 'scattermap') || points[0];
    const code = point.data.type === 'scattermap' ? (names.points[point.customdata] || [])[5] : point.location;
    if (code) open(plot, { 'don-vi': code, 'su-kien': '' });
  }

  // What was tapped is told here, or on the map's own page.
  function open(plot, changes) {
    const { tap } = frameOf(plot).dataset;
    hide(plot);
    if (tap === 'here') return set(changes);
    if (tap !== 'page') return;
    const link = document.createElement('a');
    link.href = '/ban-do?' + new URLSearchParams(Object.entries(changes).filter(([, value]) => value));
    document.body.append(link);
    link.click();
    link.remove();
  }

  document.addEventListener('click', (event) => {
    const target = event.target.closest && event.target.closest('a[data-map-go], button[data-map-zoom]');
    if (!target || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (target.dataset.mapGo !== undefined) return set(Object.fromEntries(new URLSearchParams(target.dataset.mapGo)));
    const plot = plotOf(document.getElementById(target.dataset.mapFor)), map = mapOf(plot);
    if (!map) return;
    const size = plot.getBoundingClientRect();
    if (target.dataset.mapZoom === 'all') return go(plot, (plot.iocView = view(bounds(plot), size.width, size.height)));
    const { lng: lon, lat } = map.getCenter();
    go(plot, { center: { lon, lat }, zoom: map.getZoom() + (target.dataset.mapZoom === 'in' ? 0.75 : -0.75) });
  }, true);

  document.addEventListener('change', ({ target }) => {
    if (target.dataset && target.dataset.mapSelect) set({ [target.dataset.mapSelect]: target.value });
  });

  // The live client's figures pass through here on their way to plotly.
  function join() {
    const figures = window.ioc && window.ioc.figures;
    if (!figures) return;
    const themed = figures.themed;
    figures.themed = (id, props) => {
      const made = themed(id, props);
      if (!bounds(made.figure)) return made;
      const nodes = [...document.querySelectorAll('[id="' + CSS.escape(id) + '"]')];
      const node = nodes.find((one) => one.closest('#react-entry-point')) || nodes[0];
      let turns = 0;
      const later = () => attach(document.querySelector('#react-entry-point [id="' + CSS.escape(id) + '"]') || node) || (turns++ < 600 && requestAnimationFrame(later));
      requestAnimationFrame(later);
      return { ...made, figure: fitted(made.figure, node) };
    };
  }

  join();
  window.iocMap = { fitted, attach, mapOf, frameOf, colour, rem, show, hide, open };
})();
