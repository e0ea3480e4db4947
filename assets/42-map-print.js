// Maps on paper: images in place of the WebGL canvas.
(function () {
  'use strict';

  const { mapOf, frameOf } = window.iocMap;
  const IDLE_TIMEOUT = 8000;

  function mapImage(map) {
    return new Promise((resolve) => {
      const finish = () => {
        map.once('render', () => resolve(map.getCanvas().toDataURL('image/png')));
        map.triggerRepaint();
      };
      const timeout = setTimeout(finish, IDLE_TIMEOUT);
      map.setPixelRatio(Math.max(2, window.devicePixelRatio || 1));
      map.once('idle', () => { clearTimeout(timeout); finish(); });
      map.triggerRepaint();
    });
  }

  // Puts an image of double resolution over each map, since a WebGL canvas prints blank. Resolves to the number of maps.
  async function print() {
    const plots = [...document.querySelectorAll('[data-map] .js-plotly-plot')].filter((plot) => mapOf(plot));
    for (const plot of plots) {
      const image = frameOf(plot).querySelector('.map-print') || frameOf(plot).appendChild(document.createElement('img'));
      image.className = 'map-print';
      image.alt = '';
      image.src = await mapImage(mapOf(plot));
      await image.decode();
    }
    return plots.length;
  }

  window.iocPrintMaps = print;
})();
