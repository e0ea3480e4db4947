// Figures: the colour tokens of components/ui/theme.py become the theme's own values; and when all graphs are drawn.
(function () {
  'use strict';

  const TOKEN = /@(ground|panel|line|ink|muted|faint|data|good|attention|critical|water|land|border)\b/g;
  const NARROW = 520; // CSS px
  let colours = {};

  function readColours() {
    const style = getComputedStyle(document.documentElement);
    colours = {};
    return (whole, name) => (colours[name] = colours[name] || style.getPropertyValue('--' + name).trim() || whole);
  }

  function coloured(value, colour) {
    if (typeof value === 'string') return value.includes('@') ? value.replace(TOKEN, colour) : value;
    if (Array.isArray(value)) return value.map((one) => coloured(one, colour));
    if (value && typeof value === 'object') {
      const made = {};
      for (const key in value) made[key] = coloured(value[key], colour);
      return made;
    }
    return value;
  }

  const differ = (a, b) => JSON.stringify(a) !== JSON.stringify(b);

  function keptMap(now, last, next) {
    const moved = ['center', 'zoom', 'bearing', 'pitch'].filter((name) =>
      now[name] !== undefined && differ(now[name], last[name]) && !differ(last[name], next[name]));
    return { ...next, ...Object.fromEntries(moved.map((name) => [name, now[name]])) };
  }

  function keptAxis(now, last, next) {
    const zoomed = now.range && now.autorange !== true && differ(now.range, last.range) && !differ(last.range, next.range);
    return zoomed ? { ...next, range: now.range, autorange: false } : next;
  }

  function keptTrace(now, last, next) {
    const switched = now && last && now.name === next.name && differ(now.visible, last.visible) && !differ(last.visible, next.visible);
    return switched ? { ...next, visible: now.visible } : next;
  }

  // What the reader moved, zoomed or switched off stays, as uirevision promises: dcc.Graph draws anew after each such
  // move with the moved values, and plotly then takes them for the figure's own, so the next figure would undo them.
  // `last` is what was given for `node` before this, without the reader's doing. Where a new figure itself has another
  // view, its own counts.
  function kept(props, last, node) {
    const plot = props.figure && last && node.querySelector('.js-plotly-plot');
    if (!plot || !plot.layout || last.figure.layout.uirevision !== props.figure.layout.uirevision) return props;
    const layout = { ...props.figure.layout };
    for (const key in layout) {
      const keep = /^map\d*$/.test(key) ? keptMap : /^[xy]axis\d*$/.test(key) ? keptAxis : null;
      if (keep && plot.layout[key]) layout[key] = keep(plot.layout[key], last.figure.layout[key] || {}, layout[key]);
    }
    const data = (props.figure.data || []).map((trace, n) => keptTrace((plot.data || [])[n], (last.figure.data || [])[n], trace));
    return { ...props, figure: { ...props.figure, data, layout } };
  }

  // A drawing that a phone shows: words beside it move into it, above their dashed lines, and its axis has fewer times.
  function narrowed(figure, id) {
    const node = document.querySelector('#react-entry-point [id="' + CSS.escape(id) + '"]');
    const { margin, annotations = [], xaxis } = figure.layout;
    if (!node || node.clientWidth >= NARROW || !margin || margin.r < 100) return;
    margin.r = 14;
    xaxis.nticks = 4;
    for (const one of annotations) {
      if (one.xref === 'paper' && one.x === 1) Object.assign(one, { xanchor: 'right', xshift: 0, yanchor: 'bottom', yshift: 0 });
    }
  }

  // Props as plotly takes them: a copy, so that another theme can be drawn from the same.
  function themed(id, props) {
    if (!props.figure) return props;
    const figure = coloured(props.figure, readColours());
    figure.layout = figure.layout || {};
    narrowed(figure, id);
    if (figure.layout.uirevision === undefined) figure.layout.uirevision = id;
    return { ...props, figure };
  }

  function mapsDrawn(plot) {
    const layout = plot._fullLayout || {};
    return Object.keys(layout).filter((key) => /^map\d*$/.test(key)).every((key) => {
      const map = layout[key]._subplot && layout[key]._subplot.map;
      return map && map.loaded();
    });
  }

  // A graph that was given nothing to draw has nothing to wait for.
  function drawn(graph, props) {
    if (!props || !props.figure) return true;
    const plot = graph.querySelector('.js-plotly-plot');
    return !!plot && !!plot._fullData && plot._fullData.length === (props.figure.data || []).length && mapsDrawn(plot);
  }

  window.ioc = window.ioc || {};
  window.ioc.figures = { themed, kept, drawn };

  document.addEventListener('webglcontextlost', () => window.ioc.screen.reload('webgl', 300), true);
})();
