// Events on the map: what components/map/events.py carries becomes layers of our own over plotly's, so that a vehicle that
// moves redraws no figure. Marks are drawn here: the plate of a kind, with ▲ or ◆ at its shoulder. docs/adr/0004-map.md
(function () {
  'use strict';

  const { mapOf, frameOf, colour, rem, show, hide, open } = window.iocMap;
  const SIDE = 52, MIDDLE = SIDE / 2; // of a mark's picture, CSS px
  const LEVELS = ['muted', 'attention', 'critical'];
  const CROWD = 400, NEAR = 11.5; // so many points in order are small rings until the map is so near
  const POINTS = ['ioc-grave', 'ioc-grave-moving', 'ioc-events', 'ioc-moving', 'ioc-dots', 'ioc-dots-moving', 'ioc-plates', 'ioc-plates-moving'], PARTS = ['events', 'moving', 'numbers'];
  const NOTHING = { type: 'FeatureCollection', features: [] };

  // What is carried ----------------------------------------------------------------------------------------------------
  const texts = new WeakMap(); // panel -> [its text, what it says]

  function read(frame, part) {
    const panel = frame && frame.querySelector('[id="' + frame.dataset.map + '-' + part + '"]');
    const text = panel ? panel.textContent : '';
    if (!text) return null;
    const held = texts.get(panel);
    if (held && held[0] === text) return held[1];
    const said = JSON.parse(text);
    texts.set(panel, [text, said]);
    return said;
  }

  // Marks --------------------------------------------------------------------------------------------------------------
  const name = (kind, level, drill, state) => 'ev.' + [kind, level, drill, state].join('.');
  // What stands in the small ring of one that is not heard, by its state: nothing yet, a clock's hands, a cross, a bar.
  const UNHEARD = { 1: [], 2: [[0, -3, 0, 0], [0, 0, 2.4, 0]], 3: [[-2.1, -2.1, 2.1, 2.1], [2.1, -2.1, -2.1, 2.1]], 4: [[0, -2.8, 0, 2.8]] };

  function unheard(ink, state) {
    const x = MIDDLE - 9.5, y = MIDDLE + 9.5;
    ink.beginPath();
    ink.arc(x, y, 6, 0, 7);
    ink.fillStyle = colour('ground');
    ink.fill();
    if (state === 1) ink.setLineDash([2.4, 2]);
    for (const [a, b, c, d] of UNHEARD[state]) { ink.moveTo(x + a, y + b); ink.lineTo(x + c, y + d); }
    ink.lineWidth = 1.7;
    ink.strokeStyle = colour('ink');
    ink.stroke();
    ink.setLineDash([]);
  }

  function shoulder(ink, level) {
    const x = MIDDLE + 9, y = MIDDLE - 9;
    ink.beginPath();
    if (level === 1) { ink.moveTo(x, y - 6); ink.lineTo(x + 6.5, y + 5); ink.lineTo(x - 6.5, y + 5); }
    else { ink.moveTo(x, y - 7); ink.lineTo(x + 7, y); ink.lineTo(x, y + 7); ink.lineTo(x - 7, y); }
    ink.closePath();
    ink.lineWidth = 3;
    ink.strokeStyle = colour('ground');
    ink.stroke();
    ink.fillStyle = colour(LEVELS[level]);
    ink.fill();
  }

  // The plate is dashed for an exercise; a critical one has a ring around it; one that is not heard is faint and says why.
  function plate(ink, path, level, drill, state) {
    const tone = colour(LEVELS[level]);
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
    if (level) shoulder(ink, level);
    if (state) unheard(ink, state);
  }

  // The same badge as beside a figure: its word on a plate of ink.
  function label(ink, word, width) {
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

  function picture(width, height, draw) {
    const ratio = Math.max(2, Math.ceil(window.devicePixelRatio || 1));
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [width * ratio, height * ratio];
    const ink = canvas.getContext('2d');
    ink.scale(ratio, ratio);
    draw(ink);
    return [ink.getImageData(0, 0, canvas.width, canvas.height), { pixelRatio: ratio }];
  }

  function keep(map, id, made) {
    if (map.hasImage(id)) map.removeImage(id);
    map.addImage(id, ...made);
  }

  function marks(map, said) {
    for (const [kind, path] of said.kinds || []) for (const level of [0, 1, 2]) for (const drill of [0, 1]) for (const state of [0, 1, 2, 3, 4]) {
      const used = said.points.some(([n, l, d, s]) => said.kinds[n][0] === kind && l === level && d === drill && s === state);
      if (used) keep(map, name(kind, level, drill, state), picture(SIDE, SIDE, (ink) => plate(ink, path, level, drill, state)));
    }
    if (said.drill) {
      const width = 12 + said.drill.length * 9;
      keep(map, 'ev.drill', picture(width, 18, (ink) => label(ink, said.drill, width)));
    }
  }

  // Geometry -----------------------------------------------------------------------------------------------------------
  const feature = (geometry, properties) => ({ type: 'Feature', geometry, properties });
  const many = (features) => ({ type: 'FeatureCollection', features });
  const closed = (ring) => ring.length > 3 && String(ring[0]) === String(ring[ring.length - 1]);

  function points(said) {
    if (!said || !said.points) return NOTHING;
    const crowded = said.points.length > CROWD;
    return many(said.points.map(([n, level, drill, state, lon, lat, id]) => feature({ type: 'Point', coordinates: [lon, lat] },
      { image: name(said.kinds[n][0], level, drill, state), level, drill, id: id || '', dot: crowded && !level && !drill && !state ? 1 : 0 })));
  }

  function areas(said) {
    return many(((said && said.areas) || []).flatMap(([, level, drill, state, rings, id]) => rings.map((ring) => feature(
      closed(ring) ? { type: 'Polygon', coordinates: [ring] } : { type: 'LineString', coordinates: ring }, { level, drill, lost: state ? 1 : 0, id: id || '' }))));
  }

  const drills = (said) => many(((said && said.drills) || []).map((at) => feature({ type: 'Point', coordinates: at }, {})));
  const numbers = (said) => many(((said && said.numbers) || []).map(([lon, lat, text, level]) =>
    feature({ type: 'Point', coordinates: [lon, lat] }, { text, level })));

  // Layers -------------------------------------------------------------------------------------------------------------
  function layers() {
    const by = rem(), tone = ['match', ['get', 'level'], 1, colour('attention'), 2, colour('critical'), colour('muted')];
    const edge = { 'line-color': tone, 'line-width': ['case', ['==', ['geometry-type'], 'LineString'], 4 * by, 1.8 * by] };
    const size = ['interpolate', ['linear'], ['zoom'], 8, ['match', ['get', 'level'], 0, 0.62 * by, 0.85 * by], 11.5, by];
    const sign = { 'icon-image': ['get', 'image'], 'icon-size': size, 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'symbol-sort-key': ['get', 'level'] };
    const dot = ['==', ['get', 'dot'], 1], small = { 'circle-radius': 3 * by, 'circle-color': colour('panel'), 'circle-stroke-color': colour('muted'), 'circle-stroke-width': 1.5 * by };
    const badge = { 'icon-image': 'ev.drill', 'icon-size': by, 'icon-offset': [0, 24] };
    const lost = ['==', ['get', 'lost'], 1];
    const exercise = ['==', ['get', 'drill'], 1], plain = ['all', ['!', dot], ['==', ['get', 'level'], 0]], grave = ['>', ['get', 'level'], 0];
    const alone = { ...sign, 'icon-ignore-placement': false }; // names make way for it
    const words = { 'text-field': ['get', 'text'], 'text-font': ['Be Vietnam Pro'], 'text-size': 17.5 * by, 'text-anchor': 'bottom', 'text-offset': [0, -0.5], 'symbol-sort-key': ['-', 0, ['get', 'level']] };
    return [
      { id: 'ioc-fill', type: 'fill', source: 'ioc-areas', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': tone, 'fill-opacity': ['match', ['get', 'lost'], 1, 0.05, 0.14] } },
      { id: 'ioc-edge', type: 'line', source: 'ioc-areas', filter: ['all', ['!', exercise], ['!', lost]], paint: edge },
      { id: 'ioc-edge-lost', type: 'line', source: 'ioc-areas', filter: ['all', ['!', exercise], lost], paint: { ...edge, 'line-dasharray': [0.6, 1.8] } },
      { id: 'ioc-edge-drill', type: 'line', source: 'ioc-areas', filter: exercise, paint: { ...edge, 'line-dasharray': [3, 2] } },
      { id: 'ioc-dots-moving', type: 'circle', source: 'ioc-moving', filter: dot, maxzoom: NEAR, paint: small },
      { id: 'ioc-dots', type: 'circle', source: 'ioc-events', filter: dot, maxzoom: NEAR, paint: small },
      { id: 'ioc-plates-moving', type: 'symbol', source: 'ioc-moving', filter: dot, minzoom: NEAR, layout: sign },
      { id: 'ioc-plates', type: 'symbol', source: 'ioc-events', filter: dot, minzoom: NEAR, layout: sign },
      { id: 'ioc-moving', type: 'symbol', source: 'ioc-moving', filter: plain, layout: sign },
      { id: 'ioc-events', type: 'symbol', source: 'ioc-events', filter: plain, layout: sign },
      { id: 'ioc-grave-moving', type: 'symbol', source: 'ioc-moving', filter: grave, layout: alone },
      { id: 'ioc-grave', type: 'symbol', source: 'ioc-events', filter: grave, layout: alone },
      { id: 'ioc-badge', type: 'symbol', source: 'ioc-events', filter: exercise, layout: badge },
      { id: 'ioc-badge-moving', type: 'symbol', source: 'ioc-moving', filter: exercise, layout: badge },
      { id: 'ioc-badge-station', type: 'symbol', source: 'ioc-drills', layout: badge },
      { id: 'ioc-numbers', type: 'symbol', source: 'ioc-numbers', layout: words, paint: { 'text-color': colour('ink'), 'text-halo-color': colour('ground'), 'text-halo-width': 1.6 * by } },
    ];
  }

  // Below the names, which stay readable; what asks for attention lies above them.
  const UNDER = new Set(['ioc-fill', 'ioc-edge', 'ioc-edge-lost', 'ioc-edge-drill', 'ioc-dots', 'ioc-dots-moving', 'ioc-plates', 'ioc-plates-moving', 'ioc-events', 'ioc-moving']);
  const laid = new WeakMap(); // map -> {source: what it was given}, and the theme

  // A map that never had an event is given no source and no layer.
  function lay(plot) {
    const map = mapOf(plot), frame = frameOf(plot);
    if (!map || !frame) return;
    watch(plot, frame, map);
    const [still, moves, told] = PARTS.map((part) => read(frame, part));
    if (!still && !moves && !told && !map.getSource('ioc-events')) return;
    try {
      put(map, { still, moves, told });
    } catch (fault) { // its style is on the way
      map.once('styledata', () => lay(plot));
    }
  }

  function put(map, { still, moves, told }) {
    const held = laid.get(map) || {}, theme = [colour('ink'), colour('attention'), rem()].join(), fresh = held.theme !== theme;
    const given = { 'ioc-areas': [still, areas], 'ioc-events': [still, points], 'ioc-moving': [moves, points], 'ioc-drills': [still, drills], 'ioc-numbers': [told, numbers] };
    const first = !map.getSource('ioc-events');
    for (const said of [still, moves]) if (said && (first || fresh || held['ioc-' + (said === still ? 'events' : 'moving')] !== said)) marks(map, said);
    map._fadeDuration = 0; // marks stand at once: a fade would draw the map several times for each vehicle that moves
    for (const [id, [said, made]] of Object.entries(given)) {
      if (first) map.addSource(id, { type: 'geojson', data: made(said) });
      else if (held[id] !== said) map.getSource(id).setData(made(said));
      held[id] = said;
    }
    for (const one of layers()) {
      if (!map.getLayer(one.id)) map.addLayer(one, UNDER.has(one.id) && map.getLayer('names') ? 'names' : undefined);
      else if (fresh) for (const part of ['paint', 'layout']) for (const [key, value] of Object.entries(one[part] || {})) map[part === 'paint' ? 'setPaintProperty' : 'setLayoutProperty'](one.id, key, value);
    }
    laid.set(map, { ...held, theme });
  }

  // Pointers and thumbs ------------------------------------------------------------------------------------------------
  const watched = new WeakSet();

  function watch(plot, frame, map) {
    if (!watched.has(frame)) {
      watched.add(frame);
      const moved = new MutationObserver(() => lay(frame.querySelector('.js-plotly-plot')));
      for (const part of PARTS) {
        const panel = frame.querySelector('[id="' + frame.dataset.map + '-' + part + '"]');
        if (panel) moved.observe(panel, { childList: true, characterData: true, subtree: true });
      }
    }
    if (watched.has(map)) return;
    watched.add(map);
    map.on('mousemove', ({ originalEvent: { clientX: x, clientY: y } }) => tip(plot, { x, y }));
    map.on('mouseout', () => {
      plot.iocTip = '';
      hide(plot);
    });
    map.on('click', ({ originalEvent: { clientX: x, clientY: y } }) => {
      const found = under(plot, { x, y });
      if (found) open(plot, { 'su-kien': found.id, 'don-vi': '' });
    });
  }

  // The event at a place of the window: a point before an area, the most serious first; null for none.
  function under(plot, { x, y }) {
    const map = mapOf(plot);
    if (!map || !map.getLayer('ioc-events')) return null;
    const box = map.getCanvas().getBoundingClientRect(), near = matchMedia('(pointer: coarse)').matches ? 12 : 3;
    const at = [[x - box.left - near, y - box.top - near], [x - box.left + near, y - box.top + near]];
    const among = (names) => map.queryRenderedFeatures(at, { layers: names }).map(({ properties }) => properties).filter(({ id }) => id);
    const found = [among(POINTS), among(['ioc-edge', 'ioc-edge-lost', 'ioc-edge-drill'])].find((some) => some.length) || [];
    return found.sort((a, b) => b.level - a.level)[0] || null;
  }

  const part = (tag, text, more) => Object.assign(document.createElement(tag), { textContent: text }, more);

  // Of those who tell it the one that is heard best: why it is not live, and how old its last word is.
  function heardOf(frame, sources) {
    const said = read(frame, 'heard'), line = part('small', '');
    const [best] = ((said && sources) || []).map((one) => said.sources[one]).filter(Boolean).sort((a, b) => !!a[0] - !!b[0] || b[1] - a[1]);
    if (!best) return line;
    const [word, last] = best, age = part('time', '');
    if (word) line.append(part('b', word), last ? ' · ' : '');
    if (last) {
      age.dataset.age = new Date(last * 1000).toISOString();
      line.append(said.last + ' ', age);
    }
    return line;
  }

  function tip(plot, at) {
    const frame = frameOf(plot), found = under(plot, at), had = plot.iocTip;
    plot.iocTip = found ? found.id : '';
    if (!found) return had ? hide(plot) : undefined;
    const said = read(frame, 'told');
    if (!said) return;
    const [told, since, drill, simulated, sources] = said.told[found.id] || [[said.words.tap], 0, found.drill, 0, []];
    const [title, ...rest] = told;
    const age = part('time', '');
    if (since) age.dataset.age = new Date(since * 1000).toISOString();
    const marked = [drill && said.words.drill, simulated && said.words.simulated].filter(Boolean).join(' · ');
    show(frame, [part('b', title), ...rest.filter(Boolean).map((text) => part('small', text)), part('small', ''), heardOf(frame, sources), part('small', marked)], at);
    frame.querySelector('.map-tip').children[rest.filter(Boolean).length + 1].append(age);
    window.ioc.screen.tick();
  }

  window.iocEvents = { lay, under };
})();
