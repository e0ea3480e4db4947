// Builds .build/plotly.min.js: plotly.js with only the traces that the screens draw, and its Vietnamese locale.
// `node scripts/build_plotly.mjs` after `npm ci`. Does nothing when the bundle of this lock file is already there.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const TRACES = ['scatter', 'bar', 'scattermap', 'choroplethmap'];
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, '.build', 'plotly.min.js');
const stamp = join(root, '.build', 'plotly.stamp');

const entry = [
  "import Plotly from 'plotly.js/lib/core';",
  ...TRACES.map((trace) => `import ${trace} from 'plotly.js/lib/${trace}';`),
  "import vi from 'plotly.js/lib/locales/vi';",
  `Plotly.register([${TRACES.join(', ')}, vi]);`,
  'window.Plotly = Plotly;',
].join('\n');

const inputs = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).update(entry);
const wanted = inputs.update(readFileSync(fileURLToPath(import.meta.url))).digest('hex');

// plotly requires maplibre's style sheet where it registers a map trace: it becomes a <style> at that moment. The rules
// of maplibre's own buttons (large pictures) are left out, plotly draws none of them.
const inlineCss = {
  name: 'inline-css',
  setup: (bundle) => bundle.onLoad({ filter: /\.css$/ }, async ({ path }) => {
    const { code } = await transform(readFileSync(path, 'utf8'), { loader: 'css', minify: true });
    const rules = code.replace(/[^{}]*-ctrl[^{}]*\{[^{}]*\}/g, '').replace(/@media[^{]*\{\s*\}/g, '').trim();
    return { contents: `const s = document.createElement('style'); s.textContent = ${JSON.stringify(rules)}; document.head.append(s);` };
  }),
};

// What no figure of a city draws: the names of the world's countries, projections of the globe (the bounds of an area
// are computed with that library), controls and pictures inside a figure. plotly skips a component without methods.
const LEFT_OUT = ['annotations3d', 'images', 'rangeselector', 'rangeslider', 'sliders', 'updatemenus'];
const SMALLER = {
  'country-iso-search': 'export const COUNTRIES = []; export const createLookup = () => ({ lookupAlpha3: () => undefined });',
  'd3-geo': "export { default as geoBounds } from 'd3-geo/src/bounds.js';",
  ...Object.fromEntries(LEFT_OUT.map((name) => [`./components/${name}`, `export const moduleType = 'component', name = '${name}';`])),
};
const smallerModules = {
  name: 'smaller-modules',
  setup: (bundle) => {
    bundle.onResolve({ filter: /./ }, ({ path }) => (Object.hasOwn(SMALLER, path) ? { path, namespace: 'smaller' } : undefined));
    bundle.onLoad({ filter: /./, namespace: 'smaller' }, ({ path }) => ({ contents: SMALLER[path], resolveDir: root }));
  },
};

if (existsSync(out) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) {
  console.log('plotly bundle is up to date');
} else {
  mkdirSync(dirname(out), { recursive: true });
  await build({
    stdin: { contents: entry, resolveDir: root, sourcefile: 'entry.js' },
    outfile: `${out}.part`,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2020',
    legalComments: 'inline',
    alias: { regl: '@plotly/regl', stream: 'stream-browserify' },
    define: { global: 'window', 'define.amd': 'false', 'process.env.NODE_DEBUG': 'false' },
    plugins: [inlineCss, smallerModules],
    logLevel: 'warning',
  });
  renameSync(`${out}.part`, out);
  writeFileSync(stamp, wanted);
  console.log(`plotly bundle written: ${out}`);
}
