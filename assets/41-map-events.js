// Events on the map: the JSON panels of components/map/events.py become layers above Plotly's, so that a moving vehicle
// redraws no figure. Marks are drawn on canvases: a plate per kind, with ▲ or ◆ beside it. docs/adr/0004-map.md
(function () {
  'use strict';

  const { mapOf, frameOf, colour, rem, showTooltip, hideTooltip, openSelection } = window.iocMap;
  const MARK_SIZE = 52, MIDDLE = MARK_SIZE / 2; // of a mark's image, CSS px
  const LEVEL_COLOURS = ['muted', 'attention', 'critical'];
  const MAX_PLATES = 400, PLATE_ZOOM = 11.5; // more points of normal severity than this are drawn as dots below this zoom
  const POINT_LAYERS = ['ioc-severe', 'ioc-severe-moving', 'ioc-events', 'ioc-moving', 'ioc-dots', 'ioc-dots-moving', 'ioc-plates', 'ioc-plates-moving'], PANELS = ['events', 'moving', 'station-values'];
  const EMPTY = { type: 'FeatureCollection', features: [] };

  // JSON panels -------------------------------------------------------------------------------------------------------
  const parsed = new WeakMap(); // panel -> [its text, the parsed JSON]

  function panelJson(frame, part) {
    const panel = frame && frame.querySelector('[id="' + frame.dataset.map + '-' + part + '"]');
    const text = panel ? panel.textContent : '';
    if (!text) return null;
    const previous = parsed.get(panel);
    if (previous && previous[0] === text) return previous[1];
    const data = JSON.parse(text);
    parsed.set(panel, [text, data]);
    return data;
  }

  // Marks --------------------------------------------------------------------------------------------------------------
  const imageName = (kind, level, drill, state) => 'ev.' + [kind, level, drill, state].join('.');
  // Lines in the small ring of an event without a live source, by state index: none, clock hands, cross, bar.
  const STATE_LINES = { 1: [], 2: [[0, -3, 0, 0], [0, 0, 2.4, 0]], 3: [[-2.1, -2.1, 2.1, 2.1], [2.1, -2.1, -2.1, 2.1]], 4: [[0, -2.8, 0, 2.8]] };

  function drawState(ink, state) {
    const x = MIDDLE - 9.5, y = MIDDLE + 9.5;
    ink.beginPath();
    ink.arc(x, y, 6, 0, 7);
    ink.fillStyle = colour('ground');
    ink.fill();
    if (state === 1) ink.setLineDash([2.4, 2]);
    for (const [a, b, c, d] of STATE_LINES[state]) { ink.moveTo(x + a, y + b); ink.lineTo(x + c, y + d); }
    ink.lineWidth = 1.7;
    ink.strokeStyle = colour('ink');
    ink.stroke();
    ink.setLineDash([]);
  }

  function drawSeverity(ink, level) {
    const x = MIDDLE + 9, y = MIDDLE - 9;
    ink.beginPath();
    if (level === 1) { ink.moveTo(x, y - 6); ink.lineTo(x + 6.5, y + 5); ink.lineTo(x - 6.5, y + 5); }
    else { ink.moveTo(x, y - 7); ink.lineTo(x + 7, y); ink.lineTo(x, y + 7); ink.lineTo(x - 7, y); }
    ink.closePath();
    ink.lineWidth = 3;
    ink.strokeStyle = colour('ground');
    ink.stroke();
    ink.fillStyle = colour(LEVEL_COLOURS[level]);
    ink.fill();
  }

  // The plate is dashed for an exercise, has a ring if critical, and is faint with a state ring without a live source.
  function drawPlate(ink, path, level, drill, state) {
    const tone = colour(LEVEL_COLOURS[level]);
    ink.beginPath();
    ink.arc(MIDDLE, MIDDLE, 11.5, 0, 7);
    ink.fillStyle = colour('panel');
    ink.fill();
    ink.lineWidth = level ? 2.2 : 1.4;
    ink.strokeStyle = tone;
    ink.setLineDash(drill ? [3.4, 2.6] : []);
    ink.stroke();
    ink.setLineDash([]);
    if (level === 2) { ink.beginPath(); ink.arc(MIDDLE, MIDDLE, 17, 0, 7); ink.stroke(); }
    ink.save();
    ink.translate(MIDDLE - 7, MIDDLE - 7);
    ink.scale(14 / 24, 14 / 24);
    ink.lineWidth = 2.3;
    ink.lineJoin = ink.lineCap = 'round';
    ink.strokeStyle = colour(state ? 'muted' : 'ink');
    ink.stroke(new Path2D(path));
    ink.restore();
    if (level) drawSeverity(ink, level);
    if (state) drawState(ink, state);
  }

  // The exercise badge, as in components/ui/status_badges.py: its label in inverse colours.
  function drawBadge(ink, word, width) {
    ink.fillStyle = colour('ink');
    ink.beginPath();
    ink.roundRect(0, 0, width, 18, 3);
    ink.fill();
    ink.fillStyle = colour('ground');
    ink.font = '600 12px "Be Vietnam Pro", sans-serif';
    ink.textAlign = 'center';
    ink.textBaseline = 'middle';
    ink.fillText(word, width / 2, 9.5);
  }

  function drawImage(width, height, draw) {
    const ratio = Math.max(2, Math.ceil(window.devicePixelRatio || 1));
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [width * ratio, height * ratio];
    const ink = canvas.getContext('2d');
    ink.scale(ratio, ratio);
    draw(ink);
    return [ink.getImageData(0, 0, canvas.width, canvas.height), { pixelRatio: ratio }];
  }

  function setImage(map, id, image) {
    if (map.hasImage(id)) map.removeImage(id);
    map.addImage(id, image[0], image[1]);
  }

  function addImages(map, data) {
    for (const [kind, path] of data.kinds || []) for (const level of [0, 1, 2]) for (const drill of [0, 1]) for (const state of [0, 1, 2, 3, 4]) {
      const used = data.points.some(([n, l, d, s]) => data.kinds[n][0] === kind && l === level && d === drill && s === state);
      if (used) setImage(map, imageName(kind, level, drill, state), drawImage(MARK_SIZE, MARK_SIZE, (ink) => drawPlate(ink, path, level, drill, state)));
    }
    if (data.drill) {
      const width = 12 + data.drill.length * 9;
      setImage(map, 'ev.drill', drawImage(width, 18, (ink) => drawBadge(ink, data.drill, width)));
    }
  }

  // Geometry -----------------------------------------------------------------------------------------------------------
  const feature = (geometry, properties) => ({ type: 'Feature', geometry, properties });
  const collection = (features) => ({ type: 'FeatureCollection', features });
  const closed = (ring) => ring.length > 3 && String(ring[0]) === String(ring[ring.length - 1]);

  function pointFeatures(data) {
    if (!data || !data.points) return EMPTY;
    const crowded = data.points.length > MAX_PLATES;
    return collection(data.points.map(([n, level, drill, state, lon, lat, id]) => feature({ type: 'Point', coordinates: [lon, lat] },
      { image: imageName(data.kinds[n][0], level, drill, state), level, drill, id: id || '', dot: crowded && !level && !drill && !state ? 1 : 0 })));
  }

  function areaFeatures(data) {
    return collection(((data && data.areas) || []).flatMap(([, level, drill, state, rings, id]) => rings.map((ring) => feature(
      closed(ring) ? { type: 'Polygon', coordinates: [ring] } : { type: 'LineString', coordinates: ring }, { level, drill, lost: state ? 1 : 0, id: id || '' }))));
  }

  const drillFeatures = (data) => collection(((data && data.drills) || []).map((at) => feature({ type: 'Point', coordinates: at }, {})));
  const valueFeatures = (data) => collection(((data && data.values) || []).map(([lon, lat, text, level]) =>
    feature({ type: 'Point', coordinates: [lon, lat] }, { text, level })));

  // Layers -------------------------------------------------------------------------------------------------------------
  function styleLayers() {
    const scale = rem(), tone = ['match', ['get', 'level'], 1, colour('attention'), 2, colour('critical'), colour('muted')];
    const edge = { 'line-color': tone, 'line-width': ['case', ['==', ['geometry-type'], 'LineString'], 4 * scale, 1.8 * scale] };
    const size = ['interpolate', ['linear'], ['zoom'], 8, ['match', ['get', 'level'], 0, 0.62 * scale, 0.85 * scale], 11.5, scale];
    const sign = { 'icon-image': ['get', 'image'], 'icon-size': size, 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'symbol-sort-key': ['get', 'level'] };
    const dot = ['==', ['get', 'dot'], 1], small = { 'circle-radius': 3 * scale, 'circle-color': colour('panel'), 'circle-stroke-color': colour('muted'), 'circle-stroke-width': 1.5 * scale };
    const badge = { 'icon-image': 'ev.drill', 'icon-size': scale, 'icon-offset': [0, 28] };
    const lost = ['==', ['get', 'lost'], 1];
    const exercise = ['==', ['get', 'drill'], 1], normal = ['all', ['!', dot], ['==', ['get', 'level'], 0]], severe = ['>', ['get', 'level'], 0];
    // Names yield to severe marks. Badges do not: those marks lie above them, so they take their room below the badges.
    const room = { ...sign, 'icon-ignore-placement': false };
    const textLayout = { 'text-field': ['get', 'text'], 'text-font': ['Be Vietnam Pro'], 'text-size': 17.5 * scale, 'text-anchor': 'bottom', 'text-offset': [0, -0.5], 'symbol-sort-key': ['-', 0, ['get', 'level']] };
    return [
      { id: 'ioc-fill', type: 'fill', source: 'ioc-areas', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': tone, 'fill-opacity': ['match', ['get', 'lost'], 1, 0.05, 0.14] } },
      { id: 'ioc-edge', type: 'line', source: 'ioc-areas', filter: ['all', ['!', exercise], ['!', lost]], paint: edge },
      { id: 'ioc-edge-lost', type: 'line', source: 'ioc-areas', filter: ['all', ['!', exercise], lost], paint: { ...edge, 'line-dasharray': [0.6, 1.8] } },
      { id: 'ioc-edge-drill', type: 'line', source: 'ioc-areas', filter: exercise, paint: { ...edge, 'line-dasharray': [3, 2] } },
      { id: 'ioc-dots-moving', type: 'circle', source: 'ioc-moving', filter: dot, maxzoom: PLATE_ZOOM, paint: small },
      { id: 'ioc-dots', type: 'circle', source: 'ioc-events', filter: dot, maxzoom: PLATE_ZOOM, paint: small },
      { id: 'ioc-plates-moving', type: 'symbol', source: 'ioc-moving', filter: dot, minzoom: PLATE_ZOOM, layout: sign },
      { id: 'ioc-plates', type: 'symbol', source: 'ioc-events', filter: dot, minzoom: PLATE_ZOOM, layout: sign },
      { id: 'ioc-moving', type: 'symbol', source: 'ioc-moving', filter: normal, layout: sign },
      { id: 'ioc-events', type: 'symbol', source: 'ioc-events', filter: normal, layout: sign },
      ...['events', 'moving'].map((part) => ({ id: 'ioc-room-' + part, type: 'symbol', source: 'ioc-' + part, filter: severe, layout: room, paint: { 'icon-opacity': 0 } })),
      { id: 'ioc-badge', type: 'symbol', source: 'ioc-events', filter: exercise, layout: badge },
      { id: 'ioc-badge-moving', type: 'symbol', source: 'ioc-moving', filter: exercise, layout: badge },
      { id: 'ioc-badge-station', type: 'symbol', source: 'ioc-drills', layout: badge },
      { id: 'ioc-severe-moving', type: 'symbol', source: 'ioc-moving', filter: severe, layout: sign },
      { id: 'ioc-severe', type: 'symbol', source: 'ioc-events', filter: severe, layout: sign },
      { id: 'ioc-values', type: 'symbol', source: 'ioc-values', layout: textLayout, paint: { 'text-color': colour('ink'), 'text-halo-color': colour('ground'), 'text-halo-width': 1.6 * scale } },
    ];
  }

  // Layers below the names; severe events lie above them.
  const BELOW_NAMES = new Set(['ioc-fill', 'ioc-edge', 'ioc-edge-lost', 'ioc-edge-drill', 'ioc-dots', 'ioc-dots-moving', 'ioc-plates', 'ioc-plates-moving', 'ioc-events', 'ioc-moving']);
  const LAST_LAYER = 'ioc-values';
  let isUpdating = false; // an image that is added is a 'styledata' as well
  const applied = new WeakMap(); // map -> {source: its data}, and the theme

  // A map without any event gets no source and no layer.
  function update(plot) {
    const map = mapOf(plot), frame = frameOf(plot);
    if (!map || !frame) return;
    attachListeners(plot, frame, map);
    const [fixed, moving, values] = PANELS.map((part) => panelJson(frame, part));
    if (!fixed && !moving && !values && !map.getSource('ioc-events')) return;
    isUpdating = true;
    try {
      updateLayers(map, { fixed, moving, values });
    } catch (error) { // its style is still loading: 'styledata' calls again
    } finally {
      isUpdating = false;
    }
  }

  function updateLayers(map, { fixed, moving, values }) {
    const previous = applied.get(map) || {}, theme = [colour('ink'), colour('attention'), rem()].join(), isNewTheme = previous.theme !== theme;
    const sources = { 'ioc-areas': [fixed, areaFeatures], 'ioc-events': [fixed, pointFeatures], 'ioc-moving': [moving, pointFeatures], 'ioc-drills': [fixed, drillFeatures], 'ioc-values': [values, valueFeatures] };
    const isFirst = !map.getSource('ioc-events');
    for (const data of [fixed, moving]) if (data && (isFirst || isNewTheme || previous['ioc-' + (data === fixed ? 'events' : 'moving')] !== data)) addImages(map, data);
    map._fadeDuration = 0; // no fade: it would redraw the map several times for each moving vehicle
    for (const [id, [data, toFeatures]] of Object.entries(sources)) {
      if (!map.getSource(id)) map.addSource(id, { type: 'geojson', data: toFeatures(data) });
      else if (previous[id] !== data) map.getSource(id).setData(toFeatures(data));
      previous[id] = data;
    }
    for (const layer of styleLayers()) {
      if (!map.getLayer(layer.id)) map.addLayer(layer, BELOW_NAMES.has(layer.id) && map.getLayer('names') ? 'names' : undefined);
      else if (isNewTheme) for (const part of ['paint', 'layout']) for (const [key, value] of Object.entries(layer[part] || {})) map[part === 'paint' ? 'setPaintProperty' : 'setLayoutProperty'](layer.id, key, value);
    }
    applied.set(map, Object.assign({}, previous, { theme }));
  }

  // Pointer and touch --------------------------------------------------------------------------------------------------
  const listening = new WeakSet();

  function attachListeners(plot, frame, map) {
    if (!listening.has(frame)) {
      listening.add(frame);
      const observer = new MutationObserver(() => update(frame.querySelector('.js-plotly-plot')));
      for (const part of PANELS) {
        const panel = frame.querySelector('[id="' + frame.dataset.map + '-' + part + '"]');
        if (panel) observer.observe(panel, { childList: true, characterData: true, subtree: true });
      }
    }
    if (listening.has(map)) return;
    listening.add(map);
    // Plotly replaces the style, and its own event after that does not come when the map reported an error meanwhile.
    map.on('styledata', () => isUpdating || map.getLayer(LAST_LAYER) || update(plot));
    map.on('mousemove', ({ originalEvent: { clientX: x, clientY: y } }) => showEventTooltip(plot, { x, y }));
    map.on('mouseout', () => {
      plot.iocEventId = '';
      hideTooltip(plot);
    });
    map.on('click', ({ originalEvent: { clientX: x, clientY: y } }) => {
      const event = eventAt(plot, { x, y });
      if (event) openSelection(plot, { 'su-kien': event.id, 'don-vi': '' });
    });
  }

  // The event at a position of the window: points before areas, the most severe first; null for none.
  function eventAt(plot, { x, y }) {
    const map = mapOf(plot);
    if (!map || !map.getLayer('ioc-events')) return null;
    const box = map.getCanvas().getBoundingClientRect(), near = matchMedia('(pointer: coarse)').matches ? 12 : 3;
    const at = [[x - box.left - near, y - box.top - near], [x - box.left + near, y - box.top + near]];
    const featuresIn = (names) => map.queryRenderedFeatures(at, { layers: names }).map(({ properties }) => properties).filter(({ id }) => id);
    const events = [featuresIn(POINT_LAYERS), featuresIn(['ioc-edge', 'ioc-edge-lost', 'ioc-edge-drill'])].find((candidates) => candidates.length) || [];
    return events.sort((a, b) => b.level - a.level)[0] || null;
  }

  const textElement = (tag, text, more) => Object.assign(document.createElement(tag), { textContent: text }, more);

  // The best of the event's sources: its status unless live, and the age of its last contact.
  function contactLine(frame, sources) {
    const data = panelJson(frame, 'source-contacts'), line = textElement('small', '');
    const [best] = ((data && sources) || []).map((key) => data.sources[key]).filter(Boolean).sort((a, b) => !!a[0] - !!b[0] || b[1] - a[1]);
    if (!best) return line;
    const [word, last] = best, age = textElement('time', '');
    if (word) line.append(textElement('b', word), last ? ' · ' : '');
    if (last) {
      age.dataset.age = new Date(last * 1000).toISOString();
      line.append(data.last + ' ', age);
    }
    return line;
  }

  function showEventTooltip(plot, at) {
    const frame = frameOf(plot), event = eventAt(plot, at), hadTooltip = plot.iocEventId;
    plot.iocEventId = event ? event.id : '';
    if (!event) return hadTooltip ? hideTooltip(plot) : undefined;
    const data = panelJson(frame, 'event-tooltips');
    if (!data) return;
    const [tipLines, since, drill, simulated, sourceKeys] = data.events[event.id] || [[data.labels.tap], 0, event.drill, 0, []];
    const [title, ...rest] = tipLines;
    const age = textElement('time', '');
    if (since) age.dataset.age = new Date(since * 1000).toISOString();
    const marked = [drill && data.labels.drill, simulated && data.labels.simulated].filter(Boolean).join(' · ');
    showTooltip(frame, [textElement('b', title), ...rest.filter(Boolean).map((text) => textElement('small', text)), textElement('small', ''), contactLine(frame, sourceKeys), textElement('small', marked)], at);
    frame.querySelector('.map-tip').children[rest.filter(Boolean).length + 1].append(age);
    window.ioc.status.update();
  }

  window.iocEvents = { update, eventAt };
})();
