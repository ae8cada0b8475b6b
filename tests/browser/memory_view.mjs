import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, leave, open_table, visit } from './browser.mjs';

const text = 'the goal is a computer capable of';

test('memory: every model that is served shades the text for the chosen prediction', async () => {
  const { runs } = await ask('runs');
  const page = await visit(`view=memory&text=${encodeURIComponent(text)}&at=20`);
  await page.locator('.reaches li').first().waitFor();
  const texts = page.getByRole('slider', { name: /arrow keys choose the predicted character/ });
  const models = runs.filter((run) => run.has_model);
  assert.equal(await texts.count(), Math.min(4, models.length));
  const shown = await texts.first().evaluate((element) => [...element.querySelectorAll('[data-i]')].map((cell) => Number(cell.style.getPropertyValue('--a'))));
  const { sensitivity } = await ask('memory', { text, position: 20 });
  const max = Math.max(...sensitivity);
  sensitivity.forEach((size, i) => assert.ok(Math.abs(shown[i] - Math.sqrt(size / max)) < 0.002, `place ${i}`));
  assert.ok(shown.slice(20).every((value) => value === 0), 'nothing after the prediction is shaded');
  assert.deepEqual(await leave(page), []);
});

test('memory: in a long text the chosen prediction is in sight', async () => {
  const page = await visit(`view=memory&text=${encodeURIComponent(`${text} `.repeat(60))}`);
  const first = page.getByRole('slider', { name: /arrow keys choose the predicted character/ }).first();
  await first.locator('.cursor').waitFor();
  const { frame, cursor, at } = await first.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    const box = element.querySelector('.cursor').getBoundingClientRect();
    return { frame: { top, bottom }, cursor: { top: box.top, bottom: box.bottom }, at: element.scrollTop };
  });
  assert.ok(at > 0, 'the text is longer than its frame');
  assert.ok(cursor.top >= frame.top && cursor.bottom <= frame.bottom, JSON.stringify({ frame, cursor }));
  assert.equal(await page.evaluate(() => scrollY), 0, 'the page itself stays');
  assert.deepEqual(await leave(page), []);
});

test('memory: another prediction is chosen by keyboard and is in the link', async () => {
  const page = await visit(`view=memory&text=${encodeURIComponent(text)}&at=20`);
  const first = page.getByRole('slider', { name: /arrow keys choose the predicted character/ }).first();
  await first.waitFor();
  await first.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => /at=19/.test(location.hash));
  assert.deepEqual(await leave(page), []);
});

test('memory: the curves are there as tables', async () => {
  const page = await visit('view=memory');
  await page.locator('.reaches li').first().waitFor();
  const chart = page.locator('section.picture', { has: page.getByRole('heading', { name: 'On average' }) });
  const rows = await open_table(chart);
  assert.deepEqual((await rows.first().locator('td').allTextContents())[0], '1');
  assert.ok((await rows.count()) > 20);
  assert.deepEqual(await leave(page), []);
});

test('memory: every card frames its prediction, also where it is out of sight at first', async () => {
  for (const at of ['', '&at=40']) {
    const page = await visit(`view=memory&text=${encodeURIComponent(`${text} `.repeat(60))}${at}`);
    await page.locator('.reaches li').first().waitFor();
    const texts = page.getByRole('slider', { name: /arrow keys choose the predicted character/ });
    await texts.nth(1).locator('.cursor').waitFor();
    const check = () =>
      texts.evaluateAll((all) =>
        all.map((element) => {
          const cell = element.querySelectorAll('[data-i]')[Number(element.getAttribute('aria-valuenow')) - 1].getClientRects()[0];
          const box = element.querySelector('.cursor').getBoundingClientRect();
          return Math.hypot(box.left - cell.left, box.top - cell.top);
        }),
      );
    assert.ok((await check()).every((off) => off < 3), `${at}: ${await check()}`);
    if (at) {
      await texts.first().locator('[data-i="1500"]').click();
      await page.waitForFunction(() => [...document.querySelectorAll('.texts .text')].every((one) => one.getAttribute('aria-valuenow') === '1501'));
      assert.ok((await check()).every((off) => off < 3), `clicked: ${await check()}`);
    }
    assert.deepEqual(await leave(page), []);
  }
});

test('memory: what was expected in a character’s place is shown under the pointer', async () => {
  const page = await visit(`view=memory&text=${encodeURIComponent(text)}`);
  const first = page.getByRole('slider', { name: /arrow keys choose the predicted character/ }).first();
  await first.locator('[data-i="5"]').hover();
  const { characters } = await ask('surprise', { model: await page.getByLabel('Model', { exact: true }).inputValue(), text, top: 3 });
  const [likeliest] = characters[5].top[0];
  await page.getByText(new RegExp(`^Before “o” it expects “${likeliest}”`)).first().waitFor();
  assert.deepEqual(await leave(page), []);
});

const picture = (page, title) => page.locator('section.picture', { has: page.getByRole('heading', { name: title, exact: true }) });

test('memory: the clocks of every compared model are the server’s, as a spectrum and a table', async () => {
  const page = await visit(`view=memory&text=${encodeURIComponent(text)}`);
  const clocks = picture(page, 'Memory clocks');
  await clocks.locator('.longest li').first().waitFor();
  const names = await clocks.locator('.legend button span').allTextContents();
  assert.equal(names.length, await page.locator('.texts .card').count());
  await clocks.locator('summary').click();
  const cells = await clocks.locator('tbody tr').first().locator('td').allTextContents();
  const model = await page.getByLabel('Model', { exact: true }).inputValue();
  const { half_lives } = await ask('memory/clocks', { model, text });
  assert.equal(cells.length, names.length + 1);
  assert.ok(Math.abs(Number(cells[1]) / half_lives[0] - 1) < 0.01, `${cells[1]} beside ${half_lives[0]}`);
  assert.equal(await clocks.locator('tbody tr').count(), 32);
  assert.deepEqual(await leave(page), []);
});

test('memory: the matrix is read by keyboard, frames its prediction, and its model is in the link', async () => {
  const page = await visit(`view=memory&text=${encodeURIComponent(text)}&at=20`);
  const passage = picture(page, 'Every prediction of a passage');
  const map = passage.getByRole('slider', { name: /^Matrix of predictions/ });
  await map.waitFor();
  assert.equal(await map.getAttribute('aria-valuenow'), '20', 'the row of the framed prediction');
  await map.focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  const model = await page.getByLabel('Model', { exact: true }).inputValue();
  const size = async (id, at = 17) => (await ask('memory', { model: id, text, position: 19 })).sensitivity[at].toExponential(1);
  const said = await map.getAttribute('aria-valuetext');
  assert.ok(said.startsWith(`To predict “${text[19]}”, “${text[17]}”, 2 characters before`) && said.includes(await size(model)), said);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => /at=19/.test(location.hash));
  const other = await passage.locator('#matrix option').nth(1).getAttribute('value');
  await passage.locator('#matrix').selectOption(other);
  await page.waitForFunction((id) => location.hash.includes(`matrix=${id}`), other);
  const expected = await size(other, 18); // at the framed prediction again
  await page.keyboard.press('Tab');
  await page.waitForFunction((part) => [...document.querySelectorAll('.picture .map .words')].some((one) => one.textContent.includes(part)) || document.querySelector('[aria-label^="Matrix"]').ariaValueText.includes(part), expected.split('e')[0]);
  assert.deepEqual(await leave(page), []);
});

test('memory: a transplanted memory brings its prediction along, and the link keeps what was taken', async () => {
  const page = await visit(`view=memory&text=${encodeURIComponent(text)}&donor=${encodeURIComponent('natural langu')}&receiver=${encodeURIComponent('the network kee')}`);
  const transplant = picture(page, 'A memory transplanted');
  const verdict = transplant.locator('.verdict');
  await verdict.waitFor();
  const likeliest = (card) => transplant.getByRole('region', { name: card }).locator('li').allTextContents();
  assert.deepEqual(await likeliest('Text B with the memory of A'), await likeliest('Text A with its own memory'), 'the whole memory');
  await transplant.getByLabel('What is taken').selectOption({ label: 'One unit' });
  await transplant.getByLabel(/^Layer and number/).fill('1.5');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => /taken=1\.5/.test(location.hash));
  await transplant.getByText(/with unit 5 of layer 1 alone from A/).waitFor();
  const model = await page.getByLabel('Model', { exact: true }).inputValue();
  const { change } = await ask('memory/transplant', { model, text: 'the network kee', donor: 'natural langu', units: [{ layer: 1, unit: 5 }] });
  const moved = change >= 0.0995 ? (change * 100).toFixed(0) : change >= 0.001 ? (change * 100).toFixed(1) : '0.1';
  await page.waitForFunction((part) => document.querySelector('.verdict').textContent.replaceAll('\u00a0', ' ').includes(`${part} % of the probability has moved`), moved);
  await transplant.getByRole('textbox', { name: /^Text A/ }).fill('once commonly');
  await page.waitForFunction(() => /donor=once/.test(location.hash));
  assert.deepEqual(await leave(page), []);
});
