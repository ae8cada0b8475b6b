// The page as static files in dist/. Nothing is inlined (the server's content security policy allows
// only files), and the licences of what is built in go along as licenses.txt.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { readFileSync } from 'node:fs';
import { defineConfig } from 'vite';

const shipped = [
  'svelte',
  'uplot',
  '@fontsource-variable/instrument-sans',
  '@fontsource-variable/newsreader',
  '@fontsource/ibm-plex-mono',
];

function licenses() {
  return {
    name: 'licenses',
    generateBundle() {
      const read = (name) => {
        for (const file of ['LICENSE', 'LICENSE.md']) {
          try {
            return readFileSync(new URL(`node_modules/${name}/${file}`, import.meta.url), 'utf8');
          } catch {
            // the next spelling
          }
        }
        throw new Error(`${name} has no license file`);
      };
      const source = shipped.map((name) => `${name}\n\n${read(name).trim()}\n`).join('\n\n');
      this.emitFile({ type: 'asset', fileName: 'licenses.txt', source });
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [svelte({ compilerOptions: { css: 'external' } }), licenses()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
});
