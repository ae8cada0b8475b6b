// A server that comes, goes and comes again, and a folder that was empty.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test, { after } from 'node:test';
import { leave, serve, visit } from './browser.mjs';

const skip = !process.env.CHARRNN;
const folder = await mkdtemp(`${tmpdir()}/charrnn-served-`);
after(() => rm(folder, { recursive: true, force: true }));

test('a folder that was empty is followed, and nothing but the reader changes the view', { skip }, async () => {
  const runs = `${folder}/runs`;
  await mkdir(runs);
  await writeFile(`${folder}/text.txt`, 'the network reads a text and writes another.\n'.repeat(60));
  const server = await serve(runs, '--port', '0');
  const page = await visit('', { at: server.url }).catch(async (error) => {
    await server.stop();
    throw error;
  });
  const words = ['train', `${folder}/text.txt`, '--out', `${runs}/first`, '--hidden-size', '16', '--embedding-size', '8', '--steps', '1000000', '--epochs', '1000000', '--time', '60s', '-q'];
  const training = spawn(process.env.CHARRNN, words, { stdio: 'ignore' });
  try {
    const menu = page.getByLabel('Model', { exact: true });
    await menu.locator('option[value="first"]').waitFor({ state: 'attached' });
    if ((await menu.inputValue()) !== 'first') await menu.selectOption('first');
    await page.getByRole('link', { name: 'Train', exact: true }).click();
    await page.getByRole('heading', { name: 'Is it still learning?' }).waitFor();
    await page.locator('.uplot').first().waitFor();
    // One who has come while it trained sees it train, and stays there when it ends.
    const other = await page.context().newPage();
    await other.goto(server.url);
    await other.getByRole('heading', { name: 'Is it still learning?' }).waitFor();
    training.kill('SIGINT');
    await other.getByRole('heading', { name: 'How it learnt' }).waitFor();
    await other.waitForFunction(() => !document.querySelector('#model').textContent.includes('training'));
    assert.equal(await other.getByRole('heading', { name: 'How it learnt' }).count(), 1);
    assert.match(other.url(), /view=train/);
  } finally {
    training.kill('SIGKILL');
    await leave(page);
    await server.stop();
  }
});

test('a server that has gone shows as one banner, and the page goes on when it is back', { skip }, async () => {
  let server = await serve(process.env.CHARRNN_RUNS, '--port', '0');
  const { port, url } = server;
  const page = await visit('view=write&model=gru&length=60', { at: url });
  try {
    await page.getByText('characters written').waitFor();
    await server.stop();
    const banner = page.getByText('Connection lost.');
    await banner.waitFor(); // on an idle page
    await page.getByRole('button', { name: 'Write', exact: true }).click();
    await page.getByRole('button', { name: 'Write', exact: true }).waitFor();
    assert.equal(await page.getByRole('alert').count(), 1, 'nothing else speaks of it');
    server = await serve(process.env.CHARRNN_RUNS, '--port', port);
    await banner.waitFor({ state: 'detached' });
    await page.getByText('characters written').waitFor(); // what had failed is asked for again
  } finally {
    await page.context().close();
    await server.stop();
  }
});

test('a key of any characters opens the page', { skip }, async () => {
  const key = `${folder}/key`;
  await writeFile(key, 'ключ-钥匙\n');
  const server = await serve(process.env.CHARRNN_RUNS, '--port', '0', '--api-key-file', key);
  const page = await visit('view=write&model=gru&length=60', { at: server.url });
  try {
    for (const [word, opens] of [['другой', false], ['ключ-钥匙', true]]) {
      await page.getByLabel('Key', { exact: true }).fill(word);
      await page.getByRole('button', { name: 'Open' }).click();
      await page.getByText(opens ? 'characters written' : 'The server did not take this key.').waitFor();
      await page.reload();
      await page.getByRole('heading', { name: opens ? 'What would it write?' : 'This server asks for a key' }).waitFor();
    }
  } finally {
    await page.context().close();
    await server.stop();
  }
});
