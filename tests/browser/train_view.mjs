import assert from 'node:assert/strict';
import { appendFile, cp, readFile, writeFile } from 'node:fs/promises';
import test from 'node:test';
import { ask, leave, open_table, run_folder, visit } from './browser.mjs';

const run = (await ask('runs')).runs.find((one) => one.has_metrics);

test('train: the curves are the run’s own numbers', async () => {
  const page = await visit(`view=train&model=${encodeURIComponent(run.id)}&smooth=0`);
  const picture = page.locator('section.picture', { has: page.getByRole('heading', { name: 'Surprise per character' }) });
  const rows = await open_table(picture);
  const { series } = await ask(`runs/${encodeURIComponent(run.id)}/metrics?points=2000`);
  const row = await rows.first().locator('td').allTextContents(); // the newest
  assert.equal(Number(row[1]).toFixed(1), (series.train_loss.value.at(-1) / Math.LN2).toFixed(1));
  assert.ok(await page.locator('.uplot canvas').count());
  assert.deepEqual(await leave(page), []);
});

test('train: the samples’ history is walked by its slider and kept in the link', async () => {
  const { samples } = await ask(`runs/${encodeURIComponent(run.id)}/samples?limit=300`);
  const page = await visit(`view=train&model=${encodeURIComponent(run.id)}`);
  const shown = page.locator('.written');
  await shown.waitFor();
  assert.equal(await shown.textContent(), samples.at(-1).text);
  await page.getByRole('slider', { name: 'Sample' }).focus();
  await page.keyboard.press('Home');
  assert.equal(await shown.textContent(), samples[0].text);
  await page.waitForFunction(() => /sample=0/.test(location.hash));
  assert.deepEqual(await leave(page), []);
});

test('train: another run is laid over', async () => {
  const page = await visit(`view=train&model=${encodeURIComponent(run.id)}`);
  await page.locator('.uplot').first().waitFor();
  const before = await page.locator('.chart').first().locator('.legend li').count();
  await page.getByRole('checkbox').first().check();
  await page.waitForFunction((count) => document.querySelector('.chart .legend').children.length > count, before);
  assert.match(page.url(), /seed=/);
  assert.deepEqual(await leave(page), []);
});

test('train: the n-gram line to beat comes while one looks', async (t) => {
  // A run as its trainer writes it: this line has no step.
  const folder = await run_folder(t, 'watched');
  await cp(`${process.env.CHARRNN_RUNS}/${run.id}/config.toml`, `${folder}/config.toml`);
  const lines = (await readFile(`${process.env.CHARRNN_RUNS}/${run.id}/metrics.jsonl`, 'utf8')).split('\n').filter((line) => line.includes('"step"'));
  await writeFile(`${folder}/metrics.jsonl`, `${lines.join('\n')}\n`);
  const page = await visit('view=train&model=watched');
  await page.locator('.uplot').first().waitFor();
  assert.equal(await page.getByText('best n-gram').count(), 0);
  await appendFile(`${folder}/metrics.jsonl`, `${JSON.stringify({ ngram_loss: 2 * Math.LN2, ngram_context: 5 })}\n`);
  const entry = page.locator('.legend li', { hasText: 'best n-gram (5 characters of context)' });
  await entry.waitFor();
  assert.equal(await entry.locator('b').textContent(), '2.00');
  await page.getByText('Below the dotted line').waitFor();
  await page.reload();
  await entry.waitFor();
  // What needs a model waits for one, and then comes by itself.
  await page.getByRole('link', { name: 'Memory' }).click();
  await page.getByRole('heading', { name: 'Not yet' }).waitFor();
  await cp(`${process.env.CHARRNN_RUNS}/${run.id}/model.safetensors`, `${folder}/model.safetensors`);
  await page.getByRole('heading', { name: 'How far back does it look?' }).waitFor();
  assert.deepEqual(await leave(page), []);
});

test('train: a run that reports thousands of times a second is drawn, and asked for seldom', async (t) => {
  const folder = await run_folder(t, 'hasty');
  await cp(`${process.env.CHARRNN_RUNS}/${run.id}/config.toml`, `${folder}/config.toml`);
  const record = `${folder}/metrics.jsonl`;
  const lines = (from, to) => Array.from({ length: to - from }, (_, i) => `${JSON.stringify({ step: from + i, train_loss: 2, seconds: from + i })}\n`).join('');
  await writeFile(record, lines(1, 10));
  const page = await visit('view=train&model=hasty');
  await page.locator('.uplot').first().waitFor();
  let asked = 0;
  await page.route(/hasty\/metrics/, async (route) => {
    asked += 1;
    await new Promise((resolve) => setTimeout(resolve, 500)); // more comes while the answer is on its way
    await route.continue();
  });
  for (let burst = 1; burst <= 8; burst++) {
    await appendFile(record, lines(burst * 700, burst * 700 + 700));
    await page.waitForTimeout(350);
  }
  await page.locator('dd').getByText('6,299', { exact: true }).waitFor();
  assert.ok(asked <= 6, `asked ${asked} times`);
  assert.deepEqual(await leave(page), []);
});

const picture = (page) => page.locator('section.picture', { has: page.getByRole('heading', { name: 'Surprise per character' }) });

test('train: the axis of characters has those that the run reports', async () => {
  const page = await visit(`view=train&model=${encodeURIComponent(run.id)}&axis=characters`);
  await picture(page).locator('.uplot').waitFor();
  const rows = await open_table(picture(page));
  const { series } = await ask(`runs/${encodeURIComponent(run.id)}/metrics?points=2000`);
  const cells = await rows.locator('td:first-child').allTextContents();
  const read = cells.map((text) => Number(text.replace(/ k$/, '')) * (text.endsWith('k') ? 1000 : 1));
  assert.ok(Math.abs(read[0] / series.characters.value.at(-1) - 1) < 0.01, `${cells[0]} is not ${series.characters.value.at(-1)}`);
  assert.deepEqual(read, [...read].sort((a, b) => b - a));
  assert.deepEqual(await leave(page), []);
});

test('train: what is zoomed stays zoomed when curves are smoothed, reported on or hidden, until one asks', async () => {
  const page = await visit(`view=train&model=${encodeURIComponent(run.id)}`);
  const over = picture(page).locator('.u-over');
  await over.waitFor();
  await over.scrollIntoViewIfNeeded();
  const step_at_left = async () => {
    await over.scrollIntoViewIfNeeded();
    const box = await over.boundingBox();
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + 40, y);
    await page.mouse.move(box.x + 1, y);
    return Number(/step (\d+)/.exec(await picture(page).locator('.head p').textContent())?.[1]);
  };
  assert.ok((await step_at_left()) < 5);
  const box = await over.boundingBox();
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width / 2, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, y, { steps: 3 });
  await page.mouse.up();
  const reset = picture(page).getByRole('button', { name: 'Reset zoom' });
  await reset.waitFor();
  const zoomed = await step_at_left();
  assert.ok(zoomed > 40, `${zoomed}`);
  await page.getByRole('slider', { name: 'Smoothing' }).fill('0.9');
  assert.equal(await step_at_left(), zoomed, 'smoothing');
  await picture(page).getByRole('button', { name: /^validation/ }).click();
  assert.equal(await picture(page).getByRole('button', { name: /^validation/ }).getAttribute('aria-pressed'), 'false');
  assert.equal(await step_at_left(), zoomed, 'a hidden curve');
  await reset.click();
  assert.ok((await step_at_left()) < 5);
  assert.deepEqual(await leave(page), []);
});

test('train: four runs at most, each with its own steps in the table, and all of them to sort', async (t) => {
  const names = ['early_1', 'early_2', 'early_3'];
  const lines = (await readFile(`${process.env.CHARRNN_RUNS}/${run.id}/metrics.jsonl`, 'utf8')).split('\n').filter((line) => line.includes('"step"'));
  for (const name of names) {
    const folder = await run_folder(t, name);
    await cp(`${process.env.CHARRNN_RUNS}/${run.id}/config.toml`, `${folder}/config.toml`);
    // every step of its own
    await writeFile(`${folder}/metrics.jsonl`, `${lines.slice(0, 20).map((line, i) => JSON.stringify({ ...JSON.parse(line), step: 1000 + i, validation_loss: 9 })).join('\n')}\n`);
  }
  const page = await visit(`view=train&model=${encodeURIComponent(run.id)}`);
  for (const name of names) await page.getByRole('checkbox', { name, exact: true }).check();
  await page.getByText('A chart holds 4 runs.').waitFor();
  assert.ok(await page.locator('.options').getByRole('checkbox', { checked: false }).first().isDisabled());
  await page.waitForFunction(() => document.querySelectorAll('.chart .legend')[0].children.length >= 8);
  const rows = await open_table(picture(page));
  const steps = await rows.locator('td:first-child').allTextContents();
  assert.ok(steps.includes('1019') && steps.includes('1'), 'steps of all runs');
  const table = page.getByRole('region', { name: 'Table: all runs' });
  const order = () => table.locator('tbody td.id').allTextContents().then((ids) => ids.map((id) => id.trim()));
  await table.getByRole('button', { name: 'early_3' }).waitFor();
  assert.ok((await order()).slice(0, 2).every((id) => !names.includes(id)), 'the best first');
  await table.getByRole('button', { name: 'Run', exact: true }).click();
  assert.deepEqual(await order(), [...(await order())].sort());
  await page.goBack(); // undoes the last overlay
  await page.waitForFunction(() => !document.querySelectorAll('.options input[type=checkbox]:disabled').length);
  assert.deepEqual(await leave(page), []);
});
