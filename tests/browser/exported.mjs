// Exported pages from their files. CHARRNN_PAGES: a JSON file that says which, and what they must show:
//   [{url, writes: [{settings: {name: value}, text}], reads: [{text, bits, unknown}]}]
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test, { after } from 'node:test';
import { browser, close, leave, open } from './browser.mjs';

const axe = await readFile(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const pages = JSON.parse(await readFile(process.env.CHARRNN_PAGES, 'utf8'));
const named = (name) => pages.find((page) => page.name === name);
after(close);

async function visit({ url }, options = {}, before = () => {}) {
  const page = await open(await browser(), 'about:blank', options);
  await page.addInitScript(before);
  await page.goto(url);
  await written(page);
  return page;
}
const written = (page) => page.locator('#write [role=status]').getByText('characters written').waitFor();
const text_of = (page, section) => page.locator(`${section} .unseen`).textContent();
const cells = (page) => page.getByRole('slider', { name: /^What the network writes/ });

async function write(page, settings) {
  for (const [name, value] of Object.entries(settings)) await page.locator(`#write [name=${name}]`).fill(String(value));
  await written(page);
  return text_of(page, '#write');
}

for (const { name, url, writes, reads } of pages) {
  test(`${name}: it writes what charrnn sample writes, and reads as charrnn eval does`, async () => {
    const page = await visit({ url });
    for (const { settings, text } of writes) assert.equal(await write(page, settings), text, JSON.stringify(settings));
    for (const { text, bits } of reads) {
      await page.locator('#text').fill(text);
      const shown = Number(await page.locator('#read data').getAttribute('value'));
      assert.ok(Math.abs(shown - bits) < 1e-4, `${shown} is not ${bits}`);
    }
    assert.deepEqual(await leave(page), []);
  });
}

test('without vector instructions it writes the same', async () => {
  const { writes, url } = named('gru');
  const page = await visit({ url }, {}, () => delete globalThis.WebAssembly);
  await page.getByText('plain JavaScript').waitFor();
  assert.equal(await write(page, writes[0].settings), writes[0].text);
  assert.deepEqual(await leave(page), []);
});

test('axe finds nothing in light and dark, and it fits a phone and a wide screen', async () => {
  const page = await visit(named('gru'), { colorScheme: 'light' });
  await page.locator('#text').fill('a text');
  await page.locator('#read data').waitFor();
  await cells(page).focus();
  await page.keyboard.press('End');
  await page.evaluate(axe);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const violations = await page.evaluate(async () => (await globalThis.axe.run(document, { resultTypes: ['violations'] })).violations.map((v) => `${v.id}: ${v.nodes[0].html}`));
    assert.deepEqual(violations, [], colorScheme);
  }
  for (const width of [360, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    assert.equal(await page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth)), 0, `${width} px`);
  }
  assert.deepEqual(await leave(page), []);
});

test('by keyboard to a character and its alternatives, on from another one, and back', async () => {
  const page = await visit(named('gru'));
  const before = await write(page, { beginning: 'the ', length: 60 });
  await cells(page).focus();
  for (let i = 0; i < 7; i++) await page.keyboard.press('ArrowRight');
  assert.equal(await cells(page).getAttribute('aria-valuenow'), '7');
  assert.match(await cells(page).getAttribute('aria-valuetext'), /bits of surprise/);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Back to the text before' }).waitFor();
  await written(page);
  const after_it = await text_of(page, '#write');
  assert.equal(after_it.slice(0, 6), before.slice(0, 6));
  assert.notEqual(after_it[6], before[6]);
  assert.equal(await page.locator('#beginning').inputValue(), after_it.slice(0, 7));
  await page.getByRole('button', { name: 'Back to the text before' }).click();
  await written(page);
  assert.equal(await text_of(page, '#write'), before);
  assert.deepEqual(await leave(page), []);
});

test('what the network does not know is named and marked', async () => {
  const page = await visit(named('gru'));
  await page.locator('#text').fill('the 漢 end, 漢');
  await page.locator('#read data').waitFor();
  assert.deepEqual(await page.locator('#read .c.unknown').allTextContents(), ['漢', '漢']);
  assert.equal(await page.locator('#read .note').textContent(), 'The network does not know “漢” (2 times) and skips them.');
  assert.equal(await write(page, { beginning: 'the 漢', length: 0 }), 'the 漢');
  assert.equal(await page.locator('#write .c.unknown').count(), 1);
  assert.deepEqual(await leave(page), []);
});

test('a setting that is none is said, and nothing is written', async () => {
  const page = await visit(named('gru'));
  for (const [name, value] of [['topP', '2'], ['seed', '-1'], ['temperature', '']]) {
    const before = await page.locator(`[name=${name}]`).inputValue();
    await page.locator(`[name=${name}]`).fill(value);
    assert.equal(await page.locator(`[name=${name}]`).getAttribute('aria-invalid'), 'true', name);
    assert.equal(await page.locator('#write .c').count(), 0);
    await page.locator(`[name=${name}]`).fill(before);
    await written(page);
  }
  assert.deepEqual(await leave(page), []);
});

test('words of the title and of the vocabulary are only text', async () => {
  const page = await visit(named('lines'));
  const title = '</title><script>alert(1)</script>"&\'';
  assert.equal(await page.title(), title);
  assert.equal(await page.locator('h1').textContent(), title);
  assert.equal(await page.locator('.credits').textContent(), 'By <b>A</b>\n& B');
  assert.deepEqual(await leave(page), []);
});

test('Hebrew runs from right to left, and the arrow keys with it', async () => {
  const page = await visit(named('hebrew'));
  await page.locator('#text').fill('שלום\nabc');
  await page.locator('#read data').waitFor();
  const lefts = await page.locator('#read .c').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().left));
  assert.ok(lefts[0] > lefts[1] && lefts[5] < lefts[6], lefts.join(' '));
  const reading = page.getByRole('slider', { name: /^The text that is read/ });
  await reading.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await reading.getAttribute('aria-valuenow'), '2');
  assert.deepEqual(await leave(page), []);
});

test('on paper stand the texts, without the controls', async () => {
  const page = await visit(named('gru'));
  await page.emulateMedia({ media: 'print' });
  assert.ok(await cells(page).isVisible());
  assert.ok(await page.getByRole('heading', { level: 1 }).isVisible());
  for (const name of ['beginning', 'seed', 'print']) assert.ok(!(await page.locator(`#write [name=${name}]`).isVisible()), name);
  assert.deepEqual(await leave(page), []);
});
