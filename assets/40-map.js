// Maps: fits the view to the box and texts to the screen's height; draws the marks ▲ ◆ ◌ on canvases, so that they do not
// depend on fonts; tooltips, taps and buttons. docs/adr/0004-map.md
(function () {
  'use strict';

  const MARGIN = 0.05; // share of the box left free around the city
  const NARROW = 560; // CSS px at a rem of 16: a box below it has less room for names
  const MARK_SIZE = 44; // side of a mark's image, CSS px
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
  const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;

  // Fitting ------------------------------------------------------------------------------------------------------------
  const mercatorY = (lat) => Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360));
  const mercatorLat = (y) => ((2 * Math.atan(Math.exp(y)) - Math.PI / 2) * 180) / Math.PI;

  function cityView([west, south, east, north], width, height) {
    const free = 1 - 2 * MARGIN - (width < NARROW * rem() ? 0.16 : 0);
    const wide = (width * free) / (((east - west) * Math.PI) / 180);
    const high = (height * free) / (mercatorY(north) - mercatorY(south));
    const zoom = Math.log2((Math.min(wide, high) * 2 * Math.PI) / 512);
    return { center: { lon: (west + east) / 2, lat: mercatorLat((mercatorY(south) + mercatorY(north)) / 2) }, zoom: Math.round(zoom * 100) / 100 };
  }

  const bounds = (figure) => figure && figure.layout && figure.layout.meta && figure.layout.meta.bounds;

  // Dash's Graph takes a moved view into its figure, and the next figure would undo it: so each figure carries the view to
  // which the reader moved the map. Null if it was not moved.
  function movedView(plot) {
    const map = mapOf(plot), fittedView = plot && plot.iocView;
    if (!map || !fittedView) return null;
    const zoom = map.getZoom(), { lng: lon, lat } = map.getCenter();
    const isUnmoved = Math.abs(zoom - fittedView.zoom) < 0.02 && Math.abs(lon - fittedView.center.lon) < 1e-3 && Math.abs(lat - fittedView.center.lat) < 1e-3;
    return isUnmoved ? null : { center: { lon, lat }, zoom };
  }

  // Sets zoom for the box of `node`, and sizes for a rem other than 16 px. `figure` is a copy and is changed.
  function fitFigure(figure, node) {
    const box = bounds(figure);
    if (!box || !node) return figure;
    const size = node.getBoundingClientRect(), scale = rem(), narrow = size.width < NARROW * scale;
    if (size.width && size.height) Object.assign(figure.layout.map, movedView(plotOf(node)) || cityView(box, size.width, size.height));
    for (const trace of figure.data) if (trace.type === 'scattermap') trace.marker.size *= scale;
    for (const { paint = {}, layout = {} } of figure.layout.map.style.layers) {
      for (const key of ['line-width', 'circle-radius', 'text-halo-width']) if (key in paint) paint[key] *= scale;
      if ('text-size' in layout) layout['text-size'] *= scale * (narrow ? 0.82 : 1);
    }
    return figure;
  }

  // Marks --------------------------------------------------------------------------------------------------------------
  const drawRing = (ink) => { ink.arc(22, 22, 6.2, 0, 7); return 'ink'; };
  // A point without a value is a hollow ring; lines inside tell the state: none, clock hands, cross, bar.
  const STATE_LINES = {
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
    'ioc-no_data': drawRing, 'ioc-stale': drawRing, 'ioc-error': drawRing, 'ioc-off': drawRing,
  };

  function drawMark(name, ratio) {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = MARK_SIZE * ratio;
    const ink = canvas.getContext('2d');
    ink.scale(ratio, ratio);
    ink.beginPath();
    const tone = colour(SHAPES[name](ink));
    ink.lineJoin = 'round';
    if (STATE_LINES[name]) {
      ink.fillStyle = colour('ground');
      ink.fill();
      if (name === 'ioc-no_data') ink.setLineDash([2.6, 2.2]);
      for (const [x, y, u, v] of STATE_LINES[name]) { ink.moveTo(x, y); ink.lineTo(u, v); }
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

  const markColours = new WeakMap(); // map -> {name: colours of its image}

  function addMark(map, name) {
    if (!SHAPES[name]) return;
    const ratio = Math.max(2, Math.ceil(window.devicePixelRatio || 1));
    const result = markColours.get(map) || {}, colours = colour('attention') + colour('critical') + colour('ground');
    const exists = map.hasImage(name);
    if (exists && result[name] === colours) return;
    const { data } = drawMark(name, ratio);
    if (exists) map.updateImage(name, data);
    else map.addImage(name, data, { pixelRatio: ratio });
    markColours.set(map, Object.assign({}, result, { [name]: colours }));
  }

  // One graph ----------------------------------------------------------------------------------------------------------
  const plotOf = (node) => node && (node.classList.contains('js-plotly-plot') ? node : node.querySelector('.js-plotly-plot'));
  const mapOf = (plot) => plot && plot._fullLayout && plot._fullLayout.map && plot._fullLayout.map._subplot && plot._fullLayout.map._subplot.map;
  const listening = new WeakSet(); // plots and maps with listeners

  function attachGraph(node) {
    const plot = plotOf(node);
    if (!plot || !plot.on || !bounds(plot)) return false;
    attachMap(plot);
    if (listening.has(plot)) return true;
    listening.add(plot);
    plot.iocView = { center: { ...plot.layout.map.center }, zoom: plot.layout.map.zoom };
    plot.on('plotly_afterplot', () => attachMap(plot));
    const at = { x: 0, y: 0 };
    node.addEventListener('pointermove', ({ clientX: x, clientY: y }) => Object.assign(at, { x, y }), { capture: true, passive: true });
    plot.on('plotly_hover', (event) => showPointTooltip(plot, event.points[0], at));
    plot.on('plotly_unhover', () => plot.iocEventId || hideTooltip(plot)); // comes late: an event's tooltip may be shown by now
    plot.on('plotly_click', (event) => onTap(plot, event));
    new ResizeObserver(() => refitMap(plot)).observe(node);
    return true;
  }

  function attachMap(plot) {
    const map = mapOf(plot);
    if (!map) return;
    Object.keys(SHAPES).forEach((name) => addMark(map, name));
    if (window.iocEvents) window.iocEvents.update(plot);
    // On a scrolling page a finger on the map must scroll the page.
    const mustScroll = frameOf(plot) && frameOf(plot).dataset.tap !== 'here' && matchMedia('(pointer: coarse)').matches;
    if (mustScroll) map.dragPan.disable();
    if (listening.has(map)) return;
    listening.add(map);
    const heading = frameOf(plot) && frameOf(plot).querySelector('.map-head h2');
    if (heading) map.getCanvas().setAttribute('aria-label', heading.textContent); // the library's own is English
    map.on('styleimagemissing', ({ id }) => addMark(map, id));
    map.on('move', () => hideTooltip(plot));
  }

  // After a resize shows the whole city again, unless the reader moved the map.
  function refitMap(plot) {
    const size = plot.getBoundingClientRect(), map = plot.layout && plot.layout.map;
    if (!map || !size.width || !size.height || movedView(plot)) return;
    const next = cityView(bounds(plot), size.width, size.height);
    if (Math.abs(plot.iocView.zoom - next.zoom) < 0.005) return;
    plot.iocView = next;
    moveTo(plot, next);
  }

  const moveTo = (plot, { center, zoom }) => window.Plotly.relayout(plot, { 'map.center': center, 'map.zoom': zoom });

  // Tooltips -----------------------------------------------------------------------------------------------------------
  const frameOf = (plot) => plot.closest('[data-map]');

  function panelJson(frame, part) {
    const node = frame && frame.querySelector('[id="' + frame.dataset.map + '-' + part + '"] data');
    return node ? JSON.parse(node.textContent) : null;
  }

  function tooltipLines(frame, point) {
    const texts = panelJson(frame, 'tooltip-texts'), values = panelJson(frame, 'tooltip-values');
    if (!texts || !values) return null;
    if (point.data.type === 'choroplethmap') return texts.units[point.location] ? [['b', texts.units[point.location]]] : null;
    const n = point.customdata, row = texts.points[n];
    if (!row) return null;
    const [station, series, source, simulated, more, place] = row;
    const from = [simulated & 2 ? texts.labels.drill : '', source, simulated & 1 ? texts.labels.simulated : ''].filter(Boolean).join(' · ');
    return [['b', station], ['span', series + ' '], ['strong', values.values[n] + (values.times[n] ? ' · ' + values.times[n] : '')],
      ['small', [texts.units[place], more].filter(Boolean).join(' · ')], ['small', from]].filter(([, text]) => text);
  }

  function showPointTooltip(plot, point, at) {
    const frame = frameOf(plot), tooltip = point && tooltipLines(frame, point);
    if (window.iocEvents && window.iocEvents.eventAt(plot, at)) return;
    if (!tooltip) return hideTooltip(plot);
    showTooltip(frame, tooltip.map(([tag, text]) => Object.assign(document.createElement(tag), { textContent: text })), at);
  }

  function showTooltip(frame, nodes, at) {
    const box = frame.querySelector('.map-tip') || frame.appendChild(document.createElement('div'));
    box.className = 'map-tip';
    box.hidden = false;
    box.replaceChildren(...nodes);
    const around = frame.getBoundingClientRect();
    const x = at.x - around.left, y = at.y - around.top;
    box.style.left = Math.max(0, Math.min(x + 14, around.width - box.offsetWidth - 4)) + 'px';
    box.style.top = (y + 18 + box.offsetHeight > around.height ? Math.max(0, y - box.offsetHeight - 12) : y + 18) + 'px';
  }

  function hideTooltip(plot) {
    const box = frameOf(plot) && frameOf(plot).querySelector('.map-tip');
    if (box) box.hidden = true;
  }

  // Addresses ----------------------------------------------------------------------------------------------------------
  // Changes parameters without Dash's router: the page stays mounted and its next frame answers the new address.
  function setParams(changes) {
    const query = new URLSearchParams(location.search);
    for (const [key, value] of Object.entries(changes)) value ? query.set(key, value) : query.delete(key);
    history.replaceState(history.state, '', location.pathname + (query.size ? '?' + query : ''));
    window.dispatchEvent(new Event('ioc-moved'));
  }

  function onTap(plot, { points, event }) {
    const frame = frameOf(plot), texts = panelJson(frame, 'tooltip-texts');
    if (!frame || !texts || (window.iocEvents && window.iocEvents.eventAt(plot, { x: event.clientX, y: event.clientY }))) return;
    const point = points.find(({ data }) => data.type === 'scattermap') || points[0];
    const code = point.data.type === 'scattermap' ? (texts.points[point.customdata] || [])[5] : point.location;
    if (code) openSelection(plot, { 'don-vi': code, 'su-kien': '' });
  }

  // Opens the selection in this page's address, or on the map page.
  function openSelection(plot, changes) {
    const { tap } = frameOf(plot).dataset;
    hideTooltip(plot);
    if (tap === 'here') return setParams(changes);
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
    if (target.dataset.mapGo !== undefined) return setParams(Object.fromEntries(new URLSearchParams(target.dataset.mapGo)));
    const plot = plotOf(document.getElementById(target.dataset.mapFor)), map = mapOf(plot);
    if (!map) return;
    const size = plot.getBoundingClientRect();
    if (target.dataset.mapZoom === 'all') return moveTo(plot, (plot.iocView = cityView(bounds(plot), size.width, size.height)));
    const { lng: lon, lat } = map.getCenter();
    moveTo(plot, { center: { lon, lat }, zoom: map.getZoom() + (target.dataset.mapZoom === 'in' ? 0.75 : -0.75) });
  }, true);

  document.addEventListener('change', ({ target }) => {
    if (target.dataset && target.dataset.mapSelect) setParams({ [target.dataset.mapSelect]: target.value });
  });

  // The live client's figures pass through here on their way to Plotly.
  function wrapApplyTheme() {
    const figures = window.ioc && window.ioc.figures;
    if (!figures) return;
    const applyTheme = figures.applyTheme;
    figures.applyTheme = (id, props) => {
      const result = applyTheme(id, props);
      if (!bounds(result.figure)) return result;
      const nodes = [...document.querySelectorAll('[id="' + CSS.escape(id) + '"]')];
      const node = nodes.find((candidate) => candidate.closest('#react-entry-point')) || nodes[0];
      let attempts = 0;
      const attachLater = () => attachGraph(document.querySelector('#react-entry-point [id="' + CSS.escape(id) + '"]') || node) || (attempts++ < 600 && requestAnimationFrame(attachLater));
      requestAnimationFrame(attachLater);
      return Object.assign({}, result, { figure: fitFigure(result.figure, node) });
    };
  }

  wrapApplyTheme();
  window.iocMap = { mapOf, frameOf, colour, rem, showTooltip, hideTooltip, openSelection };
})();
