// Everything from the page: a text is pasted, a training started, watched, stopped, resumed, deleted and taken back.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test, { after } from 'node:test';
import { leave, serve, visit } from './browser.mjs';

const skip = !process.env.CHARRNN;
const axe = await readFile(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const folder = await mkdtemp(`${tmpdir()}/charrnn-trainings-`);
after(() => rm(folder, { recursive: true, force: true }));
const TEXT = 'the network reads a text and writes another.\n'.repeat(60);

async function kill_training(run) {
  try {
    process.kill(JSON.parse(await readFile(`${run}/training.json`, 'utf8')).process, 'SIGKILL');
  } catch {
    // it has ended
  }
}

test('a training from the page, the whole way', { skip }, async () => {
  const runs = `${folder}/runs`;
  await mkdir(runs);
  const server = await serve(runs, '--port', '0');
  try {
    const page = await visit('view=start', { at: server.url });
    const button = (name) => page.getByRole('button', { name, exact: true });
    await page.getByLabel('Text', { exact: true }).fill(TEXT);
    await page.getByText(`${TEXT.length.toLocaleString('en')} characters`).waitFor();
    await page.getByLabel('Minutes').fill('0');
    await page.locator('summary', { hasText: 'Settings' }).click();
    await page.getByText('Units in each layer.').waitFor(); // the program's own sentence
    await page.getByLabel('hidden-size', { exact: true }).fill('none');
    await page.getByRole('alert').filter({ hasText: '--hidden-size' }).waitFor();
    assert.ok(await button('Start training').isDisabled());
    for (const [name, value] of [['hidden-size', 8], ['embedding-size', 4], ['steps', 1000000], ['report-every', 5]]) {
      await page.getByLabel(name, { exact: true }).fill(String(value));
    }
    await page.getByLabel('cell', { exact: true }).selectOption('rnn');
    const command = page.locator('code', { hasText: '--cell=rnn' });
    await command.waitFor();
    assert.match(await command.textContent(), /train 'the network reads.txt' '--out=.*runs\/the network reads' .*--hidden-size=8/);
    await page.evaluate(axe);
    const faults = await page.evaluate(async () => (await globalThis.axe.run(document, { resultTypes: ['violations'] })).violations.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 120)}`));
    assert.deepEqual(faults, []);
    await page.setViewportSize({ width: 360, height: 800 });
    assert.equal(await page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth)), 0);
    await page.setViewportSize({ width: 1280, height: 900 });

    await button('Start training').click();
    await page.getByRole('heading', { name: 'Is it still learning?' }).waitFor();
    await page.locator('.uplot').first().waitFor();
    await button('Stop and save').click();
    await button('Resume').waitFor();
    await page.reload();
    await button('Resume').click();
    await button('Stop and save').click();
    await button('Delete').click();
    await page.getByText('is in the trash.').waitFor();
    await page.waitForFunction(() => !document.querySelector('#model').textContent.includes('the network reads'));
    await button('Undo').click();
    await button('Resume').waitFor();
    assert.match(page.url(), /the\+network\+reads/);
    // Once more, and back from the list.
    await button('Delete').click();
    await page.getByRole('link', { name: 'New', exact: true }).click();
    await page.getByRole('button', { name: /Put back/ }).click();
    await page.waitForFunction(() => document.querySelector('#model').textContent.includes('the network reads'));
    page.problems = page.problems.filter((problem) => !problem.includes('400')); // the browser's own word on the wrong setting
    assert.deepEqual(await leave(page), []);
  } finally {
    await kill_training(`${runs}/the network reads`);
    await server.stop();
  }
});

test('a text comes from a file, and what goes wrong is said', { skip }, async () => {
  const runs = `${folder}/others`;
  await mkdir(runs);
  const server = await serve(runs, '--port', '0', '--max-text', '5000');
  try {
    const page = await visit('view=start', { at: server.url });
    const choose = async (name, content) => {
      await writeFile(`${folder}/${name}`, content);
      await page.locator('input[type=file]').setInputFiles(`${folder}/${name}`);
    };
    await choose('big.txt', 'x'.repeat(5001));
    await page.getByText('big.txt has 5,001 bytes').waitFor();
    await choose('picture.bin', Buffer.from([0xff, 0xd8, 0, 1]));
    await page.getByText('picture.bin is not a text in UTF-8.').waitFor();
    await choose('one.txt', 'a');
    await page.getByText('one.txt ·').waitFor();
    await page.getByRole('button', { name: 'Start training' }).click();
    await page.getByText('the corpus is too short', { exact: false }).waitFor();
    await page.getByRole('button', { name: 'Start training' }).click({ trial: true }); // one may try again
    assert.deepEqual(await leave(page), []);
  } finally {
    await server.stop();
  }
});

test('where trainings are not allowed the page says why', { skip }, async () => {
  const server = await serve(`${folder}/runs`, '--port', '0', '--no-train');
  try {
    const page = await visit('view=start', { at: server.url });
    await page.getByText('this server was started with --no-train').waitFor();
    assert.equal(await page.getByRole('link', { name: 'New', exact: true }).count(), 0);
    assert.deepEqual(await leave(page), []);
  } finally {
    await server.stop();
  }
});
