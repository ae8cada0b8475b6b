// The page of a server that asks for a key.
import assert from 'node:assert/strict';
import { appendFile, writeFile } from 'node:fs/promises';
import test from 'node:test';
import { browser, leave, open, run_folder } from './browser.mjs';

const url = process.env.CHARRNN_LOCKED_URL;

test('the page asks for the key of a server that wants one, and then is as live as any', { skip: !url }, async (t) => {
  const folder = await run_folder(t, 'locked_run');
  const step = (number) => `${JSON.stringify({ step: number, train_loss: 2, validation_loss: 2.5, seconds: number })}\n`;
  await writeFile(`${folder}/config.toml`, 'steps = 5000\n');
  await writeFile(`${folder}/metrics.jsonl`, step(1) + step(2));
  const page = await open(await browser(), `${url}#view=train&model=locked_run`);
  await page.getByRole('heading', { name: 'This server asks for a key' }).waitFor();
  await page.getByLabel('Key', { exact: true }).fill('wrong');
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByText('The server did not take this key.').waitFor();
  await page.getByLabel('Key', { exact: true }).fill('open sesame');
  await page.keyboard.press('Enter');
  await page.locator('.uplot').first().waitFor();
  await appendFile(`${folder}/metrics.jsonl`, step(4321));
  await page.getByText('4,321', { exact: true }).waitFor(); // it came as an event
  assert.ok(!page.url().includes('sesame'));
  await page.reload(); // the tab remembers
  await page.locator('.uplot').first().waitFor();
  page.problems = page.problems.filter((problem) => !problem.includes('401')); // the browser's own word on them
  assert.deepEqual(await leave(page), []);
});
