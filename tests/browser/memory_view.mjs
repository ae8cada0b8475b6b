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
