import assert from 'node:assert/strict';
import { appendFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import test from 'node:test';
import { ask, leave, visit } from './browser.mjs';

const run = (await ask('runs')).runs.find((one) => one.has_metrics);

test('train: the curves are the run’s own numbers', async () => {
  const page = await visit(`view=train&model=${encodeURIComponent(run.id)}&smooth=0`);
  const picture = page.locator('section.picture', { has: page.getByRole('heading', { name: 'Surprise per character' }) });
  await picture.locator('summary').click();
  const { series } = await ask(`runs/${encodeURIComponent(run.id)}/metrics?points=2000`);
  const row = await picture.locator('tbody tr').first().locator('td').allTextContents(); // the newest
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

test('train: the n-gram line to beat comes while one looks', async () => {
  // A run as its trainer writes it: this line has no step.
  const folder = `${process.env.CHARRNN_RUNS}/watched`;
  await mkdir(folder);
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
  await rm(folder, { recursive: true });
});
