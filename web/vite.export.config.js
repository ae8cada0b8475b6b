// The page of `charrnn export` as one file, dist-export/page.html, in which the program fills in the
// model. Nothing is minified: its readers may look inside. dist-export/kernel.wasm is what the file
// holds in base64, for the tests.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { defineConfig } from 'vite';
import openWabt from 'wabt';

const source = (name) => readFileSync(new URL(`export/${name}`, import.meta.url), 'utf8');

async function assembled() {
  const wabt = await openWabt();
  const module = wabt.parseWat('kernel.wat', source('kernel.wat'));
  module.validate();
  const { buffer } = module.toBinary({});
  module.destroy();
  return Buffer.from(buffer);
}

const KERNEL = 'virtual:kernel';
function kernel() {
  return {
    name: 'kernel',
    resolveId: (id) => (id === KERNEL ? id : null),
    load: async (id) =>
      id === KERNEL ? `export default '${(await assembled()).toString('base64')}';` : null,
  };
}

// The hash by which the page's policy allows an element's text, which begins and ends with a line
// feed.
const allowed = (text) =>
  `'sha256-${createHash('sha256').update(`\n${text}\n    `).digest('base64')}'`;

function onePage() {
  return {
    name: 'one-page',
    enforce: 'post',
    async generateBundle(_, bundle) {
      const parts = Object.values(bundle);
      const script = parts.find((part) => part.type === 'chunk').code.trim();
      const style = source('page.css').trim();
      if (/<\/script|<!--/i.test(script)) throw new Error('the script ends its own element');
      if (/{{/.test(script + style)) throw new Error('{{ is for what the program fills in');
      const policy = [
        "default-src 'none'",
        `script-src ${allowed(script)} 'wasm-unsafe-eval'`,
        `style-src ${allowed(style)}`,
        'img-src data:',
        "base-uri 'none'",
        "form-action 'none'",
      ].join('; ');
      const values = { policy, script, style };
      const page = source('index.html').replace(/{{(\w+)}}/g, (all, name) => values[name] ?? all);
      for (const name of Object.keys(bundle)) delete bundle[name];
      this.emitFile({ type: 'asset', fileName: 'page.html', source: page });
      this.emitFile({ type: 'asset', fileName: 'kernel.wasm', source: await assembled() });
    },
  };
}

export default defineConfig({
  publicDir: false,
  plugins: [kernel(), onePage()],
  build: {
    target: 'es2022',
    outDir: 'dist-export',
    minify: false,
    modulePreload: false,
    rollupOptions: { input: 'export/main.js' },
  },
});
