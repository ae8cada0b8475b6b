// What holds in every view: readable by assistive technology, nothing forbidden, fits every width.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { leave, visit } from './browser.mjs';

const axe = await readFile(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const views = ['train', 'write', 'inside', 'memory', 'tour'];
const ready = {
  train: (page) => page.getByRole('heading', { name: 'Surprise per character' }).waitFor(),
  write: (page) => page.getByText('characters written').waitFor(),
  inside: (page) => page.getByText('The texts part', { exact: false }).or(page.getByText('The texts are the same')).waitFor(),
  memory: (page) => page.locator('.reaches li').first().waitFor(),
  tour: (page) => page.getByText('with its memory erased').waitFor(),
};

for (const view of views) {
  test(`${view}: axe finds nothing in light and dark, it fits a phone and a wide screen, and keeps the policy`, async () => {
    const page = await visit(`view=${view}`, { colorScheme: 'light' });
    await ready[view](page);
    for (const summary of await page.locator('summary').all()) await summary.click();
    await page.evaluate(axe); // not by a script element: the page's policy forbids those
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
      assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)).join(' | ')}`), [], colorScheme);
    }
    for (const width of [360, 768, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      assert.equal(await page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth)), 0, `${width} px`);
    }
    assert.deepEqual(await leave(page), []);
  });
}

test('the theme follows the system until one is chosen, which lasts', async () => {
  const page = await visit('view=write', { colorScheme: 'dark' });
  const theme = (name) => page.waitForFunction((wanted) => document.documentElement.dataset.theme === wanted, name);
  await theme('dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await theme('light');
  const button = page.getByRole('button', { name: /^Colours/ });
  await button.click(); // light
  await button.click(); // dark
  await theme('dark');
  await page.reload();
  await page.locator('h1').waitFor();
  await theme('dark');
  assert.deepEqual(await leave(page), []);
});

test('views are reached by keyboard alone, and the browser goes back', async () => {
  const page = await visit('view=write');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the view');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'content');
  await page.getByRole('link', { name: 'Memory' }).first().focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'How far back does it look?' }).waitFor();
  assert.match(page.url(), /view=memory/);
  await page.goBack();
  await page.getByRole('heading', { name: 'What would it write?' }).waitFor();
  assert.deepEqual(await leave(page), []);
});

test('two tabs share one stream of events', async () => {
  const page = await visit('view=write');
  const other = await page.context().newPage();
  let streams = 0;
  for (const one of [page, other]) one.on('request', (request) => (streams += request.url().includes('/events') ? 1 : 0));
  await other.goto(page.url());
  await other.locator('h1').waitFor();
  await other.waitForTimeout(300);
  assert.equal(streams, 0, 'the second tab opened its own');
  await leave(page);
});
