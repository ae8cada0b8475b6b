import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, leave, shown_text, visit } from './browser.mjs';

const cells = (page) => page.getByRole('slider', { name: /^The text;/ });
const written = (page) => page.getByText('characters written').waitFor();

test('write: a link reproduces a text, and it is the one that the server gives', async () => {
  const hash = 'view=write&prompt=the+&seed=7&temp=0.5&length=120';
  const texts = [];
  for (let i = 0; i < 2; i++) {
    const page = await visit(hash);
    await written(page);
    texts.push(await shown_text(cells(page)));
    assert.deepEqual(await leave(page), []);
  }
  assert.equal(texts[0], texts[1]);
  assert.equal(texts[0].length, 4 + 120);
  const response = await fetch(`${process.env.CHARRNN_URL}charrnn/v1/generate`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ prompt: 'the ', seed: 7, temperature: 0.5, max_characters: 120, top: 0 }) });
  const said = (await response.text()).split('\n').filter(Boolean).flatMap((line) => JSON.parse(line).characters ?? []).map((c) => c.text).join('');
  assert.equal(texts[0], `the ${said}`);
});

test('write: the end of a long text stays in sight while it is written', async () => {
  const page = await visit('view=write&prompt=the+&seed=7&length=2000');
  await written(page);
  const from_end = await cells(page).evaluate((element) => ({ below: element.scrollHeight - element.scrollTop - element.clientHeight, at: element.scrollTop }));
  assert.ok(from_end.at > 0 && from_end.below < 2, JSON.stringify(from_end));
  assert.deepEqual(await leave(page), []);
});

test('write: what is set is in the address, and survives a reload', async () => {
  const page = await visit('view=write&length=60');
  await written(page);
  await page.getByLabel('Beginning').fill('a computer');
  await page.getByLabel('Temperature').fill('0.3');
  await page.getByLabel('Seed', { exact: true }).fill('99');
  await page.getByRole('button', { name: 'Write', exact: true }).click();
  await page.waitForFunction(() => /seed=99/.test(location.hash) && /temp=0.3/.test(location.hash) && /prompt=a\+computer/.test(location.hash));
  await written(page);
  const text = await shown_text(cells(page));
  assert.ok(text.startsWith('a computer'));
  await page.reload();
  await written(page);
  assert.equal(await shown_text(cells(page)), text);
  assert.deepEqual(await leave(page), []);
});

test('write: by keyboard to a character, its alternatives, and on from another choice', async () => {
  const page = await visit('view=write&prompt=the+&seed=3&length=80');
  await written(page);
  const before = await shown_text(cells(page));
  await cells(page).focus();
  for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowRight');
  assert.match(await cells(page).getAttribute('aria-valuetext'), /bits of surprise/);
  const choices = page.getByRole('list', { name: 'Alternatives' }).getByRole('button');
  const shares = await page.getByRole('list', { name: 'Alternatives' }).locator('.number').allTextContents();
  assert.ok(shares.length >= 5);
  const other = page.getByRole('list', { name: 'Alternatives' }).locator('li:not(.chosen)').first().getByRole('button');
  await other.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /Back to the text before/ }).waitFor();
  await written(page);
  const after = await shown_text(cells(page));
  assert.equal(after.slice(0, 6), before.slice(0, 6));
  assert.notEqual(after[6], before[6]);
  assert.ok((await choices.count()) === 0, 'the panel waits for the next character');
  await page.getByRole('button', { name: /Back to the text before/ }).click();
  await written(page);
  assert.equal(await shown_text(cells(page)), before);
  assert.deepEqual(await leave(page), []);
});

test('write: bars are as long as the surprise is great', async () => {
  const page = await visit('view=write&prompt=the+computer&length=40&seed=5');
  await written(page);
  const shown = await cells(page).evaluate((element) => [...element.querySelectorAll('[data-i]')].map((cell) => Number(cell.style.getPropertyValue('--a'))));
  const text = await shown_text(cells(page));
  const { characters } = await ask('surprise', { text, top: 0 });
  characters.forEach(({ log_probability }, i) => {
    const expected = log_probability === null ? 0 : Math.min(1, -log_probability / Math.LN2 / 8);
    assert.ok(Math.abs(shown[i] - expected) < 0.002, `${i}: ${shown[i]} is not ${expected}`);
  });
  assert.deepEqual(await leave(page), []);
});

test('write: one seed at four temperatures', async () => {
  const page = await visit('view=write&compare=1&prompt=the+&length=100&seed=4');
  const texts = page.getByRole('slider', { name: /^Text at temperature/ });
  await page.waitForFunction(() => {
    const count = (element) => element?.querySelectorAll('[data-i]').length ?? 0;
    const columns = [...document.querySelectorAll('.beside .text')];
    return columns.length === 4 && columns.every((one) => count(document.querySelector('.common .text')) + count(one) === 104);
  });
  // What all four begin with stands once; the columns begin where they part.
  const common = await shown_text(page.getByRole('slider', { name: 'The text that all four begin with' }));
  assert.ok(common.startsWith('the '));
  const columns = [];
  for (let i = 0; i < 4; i++) columns.push(await shown_text(texts.nth(i)));
  assert.ok(new Set(columns.map((text) => text[0])).size > 1, columns.join(' | '));
  const response = await fetch(`${process.env.CHARRNN_URL}charrnn/v1/generate`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ prompt: 'the ', seed: 4, temperature: 0.2, max_characters: 100, top: 0 }) });
  const said = (await response.text()).split('\n').filter(Boolean).flatMap((line) => JSON.parse(line).characters ?? []).map((c) => c.text).join('');
  assert.equal(common + columns[0], `the ${said}`);
  assert.deepEqual(await leave(page), []);
});

test('write: markup in a text is only text', async () => {
  const page = await visit(`view=write&length=20&prompt=${encodeURIComponent('<img src=x onerror=alert(1)><script>alert(2)</script>the ')}`);
  await written(page);
  assert.equal(await page.locator('main img, main script').count(), 0);
  assert.deepEqual(await leave(page), []);
});

test('write: Back undoes a fork, which leaves the beginning where it was, and shows what was there before', async () => {
  const page = await visit('view=write&prompt=the+&seed=3&length=80');
  await written(page);
  const before = await shown_text(cells(page));
  await cells(page).focus();
  for (let i = 0; i < 9; i++) await page.keyboard.press('ArrowRight');
  await page.getByRole('list', { name: 'Alternatives' }).locator('li:not(.chosen)').first().getByRole('button').click();
  await page.getByRole('heading', { name: /^What it had written from character/ }).waitFor();
  await written(page);
  assert.equal(await page.getByLabel('Beginning').inputValue(), 'the ');
  assert.equal(await cells(page).locator('.given').count(), 4);
  const forked = await shown_text(cells(page));
  await page.reload();
  await written(page);
  assert.equal(await shown_text(cells(page)), forked, 'the link holds the fork');
  await page.goBack();
  await page.waitForFunction((text) => [...document.querySelectorAll('.cells [data-i]')].map((cell) => (cell.querySelector('.end') ? '\n' : cell.textContent)).join('') === text, before);
  assert.deepEqual(await leave(page), []);
});

test('write: a cleared seed stays what it was, and a long beginning is in the link whole', async () => {
  const page = await visit('view=write&length=50&seed=7');
  await written(page);
  const seed = page.getByLabel('Seed', { exact: true });
  await seed.fill('');
  await seed.blur();
  assert.equal(await seed.inputValue(), '7');
  const long = 'the network '.repeat(1000);
  await page.getByLabel('Beginning').fill(long);
  await page.waitForFunction((length) => location.hash.length > length, long.length);
  assert.match(page.url(), /seed=7/);
  await page.reload();
  assert.equal(await page.getByLabel('Beginning').inputValue(), long);
  assert.deepEqual(await leave(page), []);
});
