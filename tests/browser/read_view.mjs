import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { ask, leave, visit } from './browser.mjs';

const text = 'the goal is a network';
const values = (locator) => locator.evaluate((element) => [...element.querySelectorAll('[data-i]')].map((cell) => Number(cell.style.getPropertyValue('--a')) * (cell.classList.contains('below') ? -1 : 1)));
const bits = ({ log_probability }) => -log_probability / Math.LN2;

test('read: any text is coloured by surprise, with the guesses beneath each character', async () => {
  const page = await visit(`view=read&model=gru&text=${encodeURIComponent(text)}`);
  const cells = page.getByRole('slider', { name: 'The text; arrow keys move the cursor' });
  await cells.waitFor();
  const { characters } = await ask('surprise', { model: 'gru', text, top: 5 });
  const shown = await values(cells);
  characters.forEach((one, i) => {
    if (i) assert.ok(Math.abs(shown[i] - Math.min(1, bits(one) / 8)) < 0.002 || bits(one) < 0.3, `${i}`);
  });
  const columns = await page.locator('.guesses .column').allTextContents();
  assert.equal(columns.length, text.length);
  assert.equal(columns[5].replaceAll(/\s/g, ''), `${text[5]}${characters[5].top.map(([c]) => (c === ' ' ? '␣' : c === '\n' ? '↵' : c)).join('')}`);
  const mean = characters.slice(1).reduce((sum, one) => sum + bits(one), 0) / (characters.length - 1);
  await page.getByText(`${mean.toFixed(3)} bits per character`).waitFor();
  const guesses = page.locator('section.picture', { has: page.getByRole('heading', { name: 'Its guesses, character by character' }) });
  const [download] = await Promise.all([page.waitForEvent('download'), guesses.getByRole('button', { name: /^CSV/ }).click()]);
  const rows = String(await readFile(await download.path())).split('\r\n');
  assert.equal(rows.length, text.length + 2);
  assert.equal(rows[6].split(',').length, 6);
  assert.ok(rows[6].startsWith(`${text[5]},`), rows[6]);
  await page.locator('.guesses .column').nth(5).click();
  await page.getByRole('heading', { name: 'Expected in the place of “o”' }).waitFor();
  assert.deepEqual(await leave(page), []);
});

test('read: two models on one text, and where they differ', async () => {
  const page = await visit(`view=read&model=gru&text=${encodeURIComponent(text)}`);
  await page.getByLabel('Compare gru with').selectOption('rnn');
  await page.getByRole('heading', { name: 'Where gru and rnn differ' }).waitFor();
  const [one, other] = await Promise.all(['gru', 'rnn'].map((model) => ask('surprise', { model, text, top: 0 })));
  const shown = await values(page.getByRole('slider', { name: 'The difference; arrow keys move the cursor' }));
  one.characters.forEach((c, i) => {
    const expected = i ? Math.max(-1, Math.min(1, (bits(c) - bits(other.characters[i])) / 4)) : 0;
    if (Math.abs(expected) > 0.04) assert.ok(Math.abs(shown[i] - expected) < 0.002, `${i}: ${shown[i]} is not ${expected}`);
  });
  assert.match(page.url(), /against=rnn/);
  await page.goBack();
  await page.getByRole('heading', { name: 'Where gru and rnn differ' }).waitFor({ state: 'detached' });
  assert.deepEqual(await leave(page), []);
});

test('read: what the network knows beyond counting, where the run keeps its text', async () => {
  const page = await visit(`view=read&model=gru&text=${encodeURIComponent(text)}&context=3`);
  const cells = page.getByRole('slider', { name: 'Beyond counting; arrow keys move the cursor' });
  await cells.waitFor();
  const apart = async (context) => {
    const [{ characters }, { log_probabilities }] = await Promise.all([ask('surprise', { model: 'gru', text, top: 0 }), ask('ngram', { model: 'gru', text, context })]);
    return characters.map((one, i) => (i ? -log_probabilities[i] / Math.LN2 - bits(one) : 0));
  };
  const assert_shown = (shown, expected) =>
    expected.forEach((value, i) => {
      const bar = Math.max(-1, Math.min(1, value / 4));
      if (Math.abs(bar) > 0.04) assert.ok(Math.abs(shown[i] - bar) < 0.002, `${i}: ${shown[i]} is not ${bar}`);
    });
  assert_shown(await values(cells), await apart(3));
  await page.getByRole('slider', { name: 'Characters of context' }).fill('0');
  await page.getByText('how often each character occurs').waitFor();
  const expected = await apart(0);
  assert_shown(await values(cells), expected);
  const mean = expected.slice(1).reduce((sum, value) => sum + value, 0) / (text.length - 1);
  await page.getByText(`needs ${Math.abs(mean).toFixed(3)} bits per character`).waitFor();
  assert.match(page.url(), /context=0/);
  await page.getByLabel('Model', { exact: true }).selectOption('rnn');
  await page.getByText('This run keeps no text to count in').waitFor();
  assert.deepEqual(await leave(page), []);
});

test('a picture is saved as PNG and SVG, its table as CSV, and the link holds what is shown', async () => {
  const page = await visit(`view=read&model=gru&text=${encodeURIComponent(text)}`);
  const picture = page.locator('section.picture', { has: page.getByRole('heading', { name: 'The text, coloured by surprise' }) });
  await picture.waitFor();
  const save = async (name) => {
    const [download] = await Promise.all([page.waitForEvent('download'), picture.getByRole('button', { name: new RegExp(`^${name}`) }).click()]);
    assert.equal(download.suggestedFilename(), `the-text-coloured-by-surprise.${name.toLowerCase()}`);
    return readFile(await download.path());
  };
  const csv = String(await save('CSV')).split('\r\n');
  assert.equal(csv.length, text.length + 2);
  assert.match(csv[1], /^t,–,/);
  const svg = String(await save('SVG'));
  const above = picture.locator('.c.above');
  const bar = await above.first().evaluate((cell) => /rgb\([^)]*\)/.exec(getComputedStyle(cell).backgroundImage)[0]);
  const drawn = await page.evaluate(([source, bar]) => {
    const parsed = new DOMParser().parseFromString(source, 'image/svg+xml');
    const bars = [...parsed.querySelectorAll('rect')].filter((one) => one.getAttribute('fill') === bar).length;
    return { error: Boolean(parsed.querySelector('parsererror')), text: [...parsed.querySelectorAll('text')].map((one) => one.textContent).join(''), bars };
  }, [svg, bar]);
  assert.ok(!drawn.error && drawn.text.includes(text.replaceAll(' ', '')), drawn.text);
  assert.equal(drawn.bars, await above.count());
  const png = await save('PNG');
  assert.deepEqual([...png.subarray(1, 4)], [...Buffer.from('PNG')]);
  assert.ok(png.length > 5000);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy a link to what is shown' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), page.url());
  assert.deepEqual(await leave(page), []);
});
