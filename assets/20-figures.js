// Figures: the colour tokens of components/theme.py become the theme's own values; and when all graphs are drawn.
(function () {
  'use strict';

  const TOKEN = /@(ground|panel|line|ink|muted|faint|data|good|attention|critical|water|land|border)\b/g;
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

  // Props as plotly takes them: a copy, so that another theme can be drawn from the same.
  function themed(id, props) {
    if (!props.figure) return props;
    const figure = coloured(props.figure, readColours());
    figure.layout = figure.layout || {};
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
  window.ioc.figures = { themed, drawn };

  document.addEventListener('webglcontextlost', () => window.ioc.screen.reload('webgl', 300), true);
})();
