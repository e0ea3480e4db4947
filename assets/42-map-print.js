// Maps on paper: pictures in place of GL.
(function () {
  'use strict';

  const { mapOf, frameOf } = window.iocMap;
  const PATIENCE = 8000;

  function snapped(map) {
    return new Promise((resolve) => {
      const finish = () => {
        map.once('render', () => resolve(map.getCanvas().toDataURL('image/png')));
        map.triggerRepaint();
      };
      const late = setTimeout(finish, PATIENCE);
      map.setPixelRatio(Math.max(2, window.devicePixelRatio || 1));
      map.once('idle', () => { clearTimeout(late); finish(); });
      map.triggerRepaint();
    });
  }

  // Puts a picture at twice the resolution over each map: GL's own canvas is blank on paper. Resolves to their number.
  async function print() {
    const plots = [...document.querySelectorAll('[data-map] .js-plotly-plot')].filter((plot) => mapOf(plot));
    for (const plot of plots) {
      const image = frameOf(plot).querySelector('.map-print') || frameOf(plot).appendChild(document.createElement('img'));
      image.className = 'map-print';
      image.alt = '';
      image.src = await snapped(mapOf(plot));
      await image.decode();
    }
    return plots.length;
  }

  window.iocPrintMaps = print;
})();
