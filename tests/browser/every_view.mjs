// What holds in every view: readable by assistive technology, nothing forbidden, fits every width.
import assert from 'node:assert/strict';
import { appendFile, cp, readFile, writeFile } from 'node:fs/promises';
import test from 'node:test';
import { ask, browser, leave, open, run_folder, visit } from './browser.mjs';
import { ready, views } from './views.mjs';

const axe = await readFile(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

async function assert_accessible(page, colors, options) {
  const violations = await page.evaluate(async (rules) => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'], ...rules });
    return violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)).join(' | ')}`);
  }, options);
  assert.deepEqual(violations, [], colors);
}

for (const view of views) {
  test(`${view}: axe finds nothing in light and dark, it fits a phone and a wide screen, and keeps the policy`, async () => {
    const page = await visit(`view=${view}`, { colorScheme: 'light' });
    await ready(page, view);
    await page.evaluate(() => document.querySelectorAll('summary').forEach((summary) => summary.click()));
    await page.evaluate(axe); // not by a script element: the page's policy forbids those
    await assert_accessible(page, 'light', {});
    // Of the rules only these look at colours.
    await page.emulateMedia({ colorScheme: 'dark' });
    await assert_accessible(page, 'dark', { runOnly: ['color-contrast', 'link-in-text-block'] });
    for (const width of [360, 768, 1280, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      assert.equal(await page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth)), 0, `${width} px`);
      const spilt = await page.evaluate(() => [...document.querySelectorAll('.card')].filter((card) => card.scrollWidth > card.clientWidth).map((card) => card.textContent.slice(0, 60)));
      assert.deepEqual(spilt, [], `cards that do not hold what is in them at ${width} px`);
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

// A copy of a run's record that a test may go on writing: returns what appends a step to it.
async function growing_run(t, name) {
  const run = (await ask('runs')).runs.find((one) => one.has_metrics);
  const folder = await run_folder(t, name);
  await cp(`${process.env.CHARRNN_RUNS}/${run.id}/config.toml`, `${folder}/config.toml`);
  const lines = (await readFile(`${process.env.CHARRNN_RUNS}/${run.id}/metrics.jsonl`, 'utf8')).split('\n').filter((line) => line.includes('"step"'));
  await writeFile(`${folder}/metrics.jsonl`, `${lines.join('\n')}\n`);
  const write_step = (step) => appendFile(`${folder}/metrics.jsonl`, `${JSON.stringify({ ...JSON.parse(lines.at(-1)), step })}\n`);
  return write_step;
}

test('a report that comes while the record is on its way is not lost', async (t) => {
  const write_step = await growing_run(t, 'late_record');
  const page = await visit('view=train&model=late_record');
  await page.locator('.uplot').first().waitFor();
  let held = false;
  await page.route(/late_record\/metrics/, async (route) => {
    const response = await route.fetch();
    if (!held) {
      held = true;
      await write_step(7003);
      await new Promise((resolve) => setTimeout(resolve, 3000)); // the news overtakes the record
    }
    await route.fulfill({ response });
  });
  await page.reload();
  await page.locator('dd').getByText('7,003', { exact: true }).waitFor();
  await page.waitForTimeout(4000);
  assert.ok(held);
  assert.ok(await page.locator('dd').getByText('7,003', { exact: true }).isVisible());
  await page.context().close();
});

test('eight tabs share one stream of events, and all of them are live', async (t) => {
  // A browser allows six connections to a host: with a stream for each tab, the seventh would hang.
  const write_step = await growing_run(t, 'many_tabs');
  const first = await visit('view=train&model=many_tabs');
  const tabs = [first];
  for (let i = 1; i < 8; i++) {
    const tab = await first.context().newPage();
    await tab.goto(first.url());
    tabs.push(tab);
  }
  const listeners = async (page) => page.evaluate(async () => Number(/^charrnn:event_listeners (\S+)/m.exec(await (await fetch('metrics')).text())[1]));
  for (const tab of tabs) await tab.locator('.uplot').first().waitFor();
  assert.equal(await listeners(tabs[7]), 1);
  await write_step(7001);
  for (const tab of tabs) await tab.locator('dd').getByText('7,001', { exact: true }).waitFor();
  // Another takes the stream over when the tab that held it goes.
  await first.close();
  await tabs[7].waitForFunction(async () => /^charrnn:event_listeners 1$/m.test(await (await fetch('metrics')).text()));
  await write_step(7002);
  for (const tab of tabs.slice(1)) await tab.locator('dd').getByText('7,002', { exact: true }).waitFor();
  await tabs[7].context().close();
});

test('what one looks at hardly moves while a view loads, whatever comes last', async () => {
  for (const view of views) {
    const page = await open(await browser(), 'about:blank');
    let late = 0; // milliseconds: each file and each answer takes longer than the one before
    await page.route(/woff2|\/v1\//, async (route) => {
      late = Math.min(late + 60, 600);
      await new Promise((resolve) => setTimeout(resolve, late));
      await route.continue().catch(() => {}); // the page may have left
    });
    await page.goto(`${process.env.CHARRNN_URL}#view=${view}`);
    await ready(page, view);
    await page.waitForTimeout(200);
    const shift = await page.evaluate(
      () =>
        new Promise((resolve) => {
          let sum = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
          }).observe({ type: 'layout-shift', buffered: true });
          setTimeout(() => resolve(sum), 100);
        }),
    );
    assert.ok(shift <= 0.05, `${view}: ${shift}`);
    assert.deepEqual(await leave(page), []);
  }
});
