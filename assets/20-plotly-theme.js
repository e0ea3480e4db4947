// Plotly figures: replaces colour tokens (components/ui/theme.py) by the theme's values, keeps what the reader zoomed or
// moved, tells when a graph is drawn, and ends its drawing when it leaves the page.
(function () {
  'use strict';

  const TOKEN = /@(ground|panel|line|ink|muted|faint|data|good|attention|critical|water|land|border)\b/g;
  const NARROW = 520; // CSS px
  const LABEL_ROW = 22; // CSS px
  const PAPER_TEXT = 11; // CSS px, as the tables on paper
  let colours = {};

  function colourResolver() {
    const style = getComputedStyle(document.documentElement);
    colours = {};
    return (whole, name) => (colours[name] = colours[name] || style.getPropertyValue('--' + name).trim() || whole);
  }

  function resolveColours(value, colour) {
    if (typeof value === 'string') return value.includes('@') ? value.replace(TOKEN, colour) : value;
    if (Array.isArray(value)) return value.map((item) => resolveColours(item, colour));
    if (value && typeof value === 'object') {
      const copy = {};
      for (const key in value) copy[key] = resolveColours(value[key], colour);
      return copy;
    }
    return value;
  }

  const isDifferent = (a, b) => JSON.stringify(a) !== JSON.stringify(b);

  function keepMapView(now, last, next) {
    const movedKeys = ['center', 'zoom', 'bearing', 'pitch'].filter((name) =>
      now[name] !== undefined && isDifferent(now[name], last[name]) && !isDifferent(last[name], next[name]));
    return { ...next, ...Object.fromEntries(movedKeys.map((name) => [name, now[name]])) };
  }

  function keepAxisRange(now, last, next) {
    const isZoomed = now.range && now.autorange !== true && isDifferent(now.range, last.range) && !isDifferent(last.range, next.range);
    return isZoomed ? { ...next, range: now.range, autorange: false } : next;
  }

  function keepTraceVisibility(now, last, next) {
    const isToggled = now && last && now.name === next.name && isDifferent(now.visible, last.visible) && !isDifferent(last.visible, next.visible);
    return isToggled ? { ...next, visible: now.visible } : next;
  }

  // What the reader moved, zoomed or switched off is kept, as uirevision promises: dcc.Graph redraws after each such change
  // with the changed values, Plotly takes these for the figure's own, and the next figure would undo them.
  // `last`: the props previously set on `node`. Where the new figure itself has another view, the new view wins.
  function keepReaderChanges(props, last, node) {
    const plot = props.figure && last && node.querySelector('.js-plotly-plot');
    if (!plot || !plot.layout || last.figure.layout.uirevision !== props.figure.layout.uirevision) return props;
    const layout = { ...props.figure.layout };
    for (const key in layout) {
      const keep = /^map\d*$/.test(key) ? keepMapView : /^[xy]axis\d*$/.test(key) ? keepAxisRange : null;
      if (keep && plot.layout[key]) layout[key] = keep(plot.layout[key], last.figure.layout[key] || {}, layout[key]);
    }
    const data = (props.figure.data || []).map((trace, n) => keepTraceVisibility((plot.data || [])[n], (last.figure.data || [])[n], trace));
    return { ...props, figure: { ...props.figure, data, layout } };
  }

  // On a phone, labels beside the plot move above it, each in a row, the highest first, since inside they would cover the
  // line; the badge moves above them, and the time axis has fewer ticks.
  function fitNarrow(figure, id) {
    const node = document.querySelector('#react-entry-point [id="' + CSS.escape(id) + '"]');
    const { margin, annotations = [], xaxis } = figure.layout;
    if (!node || node.clientWidth >= NARROW || !margin || margin.r < 100) return;
    const onPaper = annotations.filter((label) => label.xref === 'paper');
    const limits = onPaper.filter((label) => label.x === 1);  // the lowest first
    margin.r = 14;
    margin.t += LABEL_ROW * limits.length;
    xaxis.nticks = xaxis.tickformat.includes('%Y') ? 3 : 4;
    for (const badge of onPaper.filter((label) => label.x === 0)) badge.yshift += LABEL_ROW * limits.length;
    limits.forEach((label, row) => Object.assign(label, {
      x: 0, xanchor: 'left', xshift: 0, text: label.text.replace(':<br>', ': ').replace('<br>', ' · '),
      y: 1, yanchor: 'bottom', yshift: 4 + LABEL_ROW * row,
    }));
  }

  // Around a figure on paper texts are smaller than on a screen.
  function fitPaper({ layout }) {
    if (!('paper' in document.documentElement.dataset)) return;
    const { font, xaxis = {}, annotations = [] } = layout;
    for (const text of [font, xaxis.tickfont, ...annotations.map((label) => label.font)])
      if (text) text.size = Math.min(text.size || PAPER_TEXT, PAPER_TEXT);
  }

  // A copy of the props with the theme's colours, so that another theme can be applied to the same props later.
  function applyTheme(id, props) {
    if (!props.figure) return props;
    const figure = resolveColours(props.figure, colourResolver());
    figure.layout = figure.layout || {};
    fitNarrow(figure, id);
    fitPaper(figure);
    if (figure.layout.uirevision === undefined) figure.layout.uirevision = id;
    return { ...props, figure };
  }

  function mapsLoaded(plot) {
    const layout = plot._fullLayout || {};
    return Object.keys(layout).filter((key) => /^map\d*$/.test(key)).every((key) => {
      const map = layout[key]._subplot && layout[key]._subplot.map;
      return map && map.loaded();
    });
  }

  // A graph without a figure counts as drawn.
  function isDrawn(graph, props) {
    if (!props || !props.figure) return true;
    const plot = graph.querySelector('.js-plotly-plot');
    return !!plot && !!plot._fullData && plot._fullData.length === (props.figure.data || []).length && mapsLoaded(plot);
  }

  // dcc.Graph purges its plot when it leaves the page, also amid a drawing, which then fails on what is gone; and it goes
  // on with the drawings in its queue, for an element that it no longer has. So a plot is purged when its last drawing is
  // over; and to dcc.Graph, the drawing of a plot that has left the page never ends.
  function endDrawingsOfGone(loaded) {
    const running = new Map(); // plot -> how many drawings of it run
    const purge = (plot) => running.has(plot) || loaded.purge(plot);
    const counted = (draw) => async (plot, ...rest) => {
      running.set(plot, (running.get(plot) || 0) + 1);
      try {
        return await draw(plot, ...rest);
      } finally {
        const left = running.get(plot) - 1;
        if (left) running.set(plot, left); else running.delete(plot);
        if (!plot.isConnected) {
          purge(plot);
          await new Promise(() => {});
        }
      }
    };
    const Plots = { ...loaded.Plots, resize: counted(loaded.Plots.resize) };
    return { ...loaded, Plots, purge, react: counted(loaded.react), relayout: counted(loaded.relayout) };
  }

  let plotly;
  Object.defineProperty(window, 'Plotly', { get: () => plotly, set: (loaded) => { plotly = endDrawingsOfGone(loaded); } });

  window.ioc = window.ioc || {};
  window.ioc.figures = { applyTheme, keepReaderChanges, isDrawn };

  document.addEventListener('webglcontextlost', () => window.ioc.status.reload('webgl', 300), true);
})();
