// The page in Firefox: axe finds nothing in any view, in light and dark. Left out where Firefox is not
// installed.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test, { after } from 'node:test';
import { has_firefox, launch_firefox } from './firefox.mjs';
import { ready_sign, views } from './views.mjs';

const axe = await readFile(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
let shared;
after(async () => (await shared)?.quit());

// Resolves once an element that fits the selector shows the text.
const until_shown = `
  const [selector, text] = arguments;
  for (let i = 0; ; i++) {
    const shown = [...document.querySelectorAll(selector)].some((one) => one.textContent.includes(text));
    if (shown) return;
    if (i === 300) throw new Error('not there: ' + text + ' in ' + document.body.innerText.slice(0, 300));
    await new Promise((done) => setTimeout(done, 100));
  }`;
const violations = `${axe};
  const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
  return violations.map((v) => v.id + ': ' + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)).join(' | '));`;

for (const view of views) {
  test(`${view} in Firefox: axe finds nothing in light and dark`, { skip: has_firefox ? false : 'Firefox is not installed' }, async () => {
    const firefox = await (shared ??= launch_firefox());
    for (const colors of ['light', 'dark']) {
      await firefox.visit(`${process.env.CHARRNN_URL}licenses.txt`);
      await firefox.run(`localStorage.setItem('charrnn-theme', arguments[0])`, colors);
      await firefox.visit(`${process.env.CHARRNN_URL}#view=${view}`);
      await firefox.run(until_shown, ...ready_sign[view]);
      assert.equal(await firefox.run('return document.documentElement.dataset.theme'), colors);
      await firefox.run(`document.querySelectorAll('summary').forEach((summary) => summary.click())`);
      assert.deepEqual(await firefox.run(violations), [], colors);
    }
  });
}
