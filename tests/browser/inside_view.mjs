import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, leave, shown_text, visit } from './browser.mjs';

const cells = (page) => page.getByRole('slider', { name: /^The text;/ });
const map = (page) => page.getByRole('slider', { name: /^Heat map/ });

test('inside: the text is coloured by the unit of the link, with the unit’s own values', async () => {
  const page = await visit('view=inside&unit=0.5&values=hidden&text=the+computer');
  await page.getByRole('heading', { name: 'The text as unit 5 of layer 1 sees it' }).waitFor();
  const shown = await cells(page).evaluate((element) => [...element.querySelectorAll('[data-i]')].map((cell) => Number(cell.style.getPropertyValue('--a')) * (cell.classList.contains('below') ? -1 : 1)));
  const text = await shown_text(cells(page));
  let position = 0;
  for (const _ of text) {
    // hidden_after of the step that reads this character, from another endpoint
    const { layers } = await ask('tour', { text: text.slice(0, ++position) });
    const value = layers[0].hidden_after[5];
    if (Math.abs(value) > 0.04) assert.ok(Math.abs(shown[position - 1] - value) < 0.01, `${position}: ${shown[position - 1]} is not ${value}`);
  }
  assert.deepEqual(await leave(page), []);
});

test('inside: a run is shown reading its own held-out text, until one types another', async () => {
  const { text, source } = await ask('runs/gru/passage');
  assert.equal(source, 'held_out');
  const page = await visit('view=inside&model=gru');
  await cells(page).waitFor();
  assert.equal(await shown_text(cells(page)), text);
  await page.getByText('A passage it was not trained on').waitFor();
  assert.ok(!page.url().includes('text='));
  await page.getByLabel('A text for it to read').fill('another text');
  await page.waitForFunction(() => /text=another/.test(location.hash));
  assert.deepEqual(await leave(page), []);
});

test('inside: the easiest units are ranked, and one is picked from the list', async () => {
  const page = await visit('view=inside');
  const list = page.getByRole('list', { name: 'Units by feature' }).getByRole('button');
  await list.first().waitFor();
  const scores = (await page.getByRole('list', { name: 'Units by feature' }).locator('.score').allTextContents()).map(Number);
  assert.deepEqual(scores, [...scores].sort((a, b) => b - a));
  await list.last().click();
  await page.waitForFunction(() => /unit=\d+\.\d+/.test(location.hash));
  const [layer, unit] = /unit=(\d+)\.(\d+)/.exec(page.url()).slice(1).map(Number);
  await page.getByRole('heading', { name: `The text as unit ${unit} of layer ${layer + 1} sees it` }).waitFor();
  assert.deepEqual(await leave(page), []);
});

test('inside: by keyboard a stretch is selected and its units are found', async () => {
  const page = await visit('view=inside&unit=0.0');
  await page.getByRole('heading', { name: 'The text as unit 0 of layer 1 sees it' }).waitFor();
  await page.getByRole('list', { name: 'Units by feature' }).waitFor();
  await cells(page).focus();
  await page.keyboard.press('Home');
  for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowRight');
  await page.keyboard.down('Shift');
  for (let i = 0; i < 7; i++) await page.keyboard.press('ArrowRight');
  await page.keyboard.up('Shift');
  await page.getByText('8 characters selected').waitFor();
  // A selected character keeps its tint.
  const tints = await cells(page).evaluate((element) => {
    const tinted = [...element.querySelectorAll('.c.above, .c.below')].filter((cell) => Number(cell.style.getPropertyValue('--a')) > 0.1);
    const same = (cell) => getComputedStyle(cell).backgroundColor;
    const [chosen, other] = [tinted.find((cell) => cell.classList.contains('chosen')), tinted.find((cell) => !cell.classList.contains('chosen'))];
    if (!chosen || !other) return null;
    const before = same(chosen);
    chosen.classList.remove('chosen');
    const after = same(chosen);
    chosen.classList.add('chosen');
    return [before, after];
  });
  assert.ok(tints, 'something of the selection is tinted');
  assert.equal(tints[0], tints[1]);
  await page.getByRole('button', { name: /^Find units/ }).click();
  const found = page.getByRole('list', { name: 'Units found' }).getByRole('button');
  await found.first().waitFor();
  assert.ok((await found.count()) > 0);
  assert.deepEqual(await leave(page), []);
});

test('inside: the heat map is walked by keyboard and zoomed', async () => {
  const page = await visit('view=inside&sort=number&unit=0.3');
  await map(page).waitFor();
  await map(page).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  assert.match(await map(page).getAttribute('aria-valuetext'), /^unit 4 at /);
  await page.waitForFunction(() => /unit=0\.4/.test(location.hash));
  await page.keyboard.press('+');
  await page.keyboard.press('+');
  assert.deepEqual(await leave(page), []);
});

test('inside: the heat map paints below zero blue and above it orange', async () => {
  const page = await visit('view=inside&sort=number&unit=0.0&values=hidden&text=the+computer');
  await map(page).waitFor();
  await page.getByRole('button', { name: 'All', exact: true }).click();
  const { layers } = await ask('tour', { text: 'the compute' });
  const values = layers[0].hidden_after; // at the last but one character
  const reds = await page.waitForFunction((units) => {
    const canvas = document.querySelector('.map canvas');
    const top = 20 / parseFloat(canvas.style.height);
    const context = canvas.getContext('2d');
    const colors = Array.from({ length: units }, (_, unit) => {
      const y = (top + ((unit + 0.5) / units) * (1 - top)) * canvas.height;
      const left = 36 / canvas.clientWidth; // the units' numbers
      return [...context.getImageData((left + (1 - left) * (10.2 / 12)) * canvas.width, y, 1, 1).data];
    });
    return colors[1][3] ? colors.map(([red, , blue]) => red - blue) : null;
  }, values.length).then((handle) => handle.jsonValue());
  let compared = 0;
  values.forEach((value, unit) => {
    if (unit < 2 || Math.abs(value) < 0.2) return; // the first rows are under the frame of unit 0
    assert.equal(Math.sign(reds[unit]), Math.sign(value), `unit ${unit}`);
    compared += 1;
  });
  assert.ok(compared > 3);
  assert.deepEqual(await leave(page), []);
});

test('inside: a unit held at a value changes the text that follows, and only after it', async () => {
  const page = await visit('view=inside&unit=1.0&hold=1');
  await page.getByText('The texts part').or(page.getByText('The texts are the same')).waitFor();
  const read = () => page.locator('section.card p.mono').allTextContents();
  const [free, held] = await read();
  assert.ok(free.length > 200 && held.length === free.length);
  const apart = await page.getByText('The texts part').count();
  assert.equal(apart === 1, free !== held);
  assert.deepEqual(await leave(page), []);
});

test('inside: several units are held at once, by the link and by hand', async () => {
  const page = await visit('view=inside&unit=0.0&hold=1');
  const bodies = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/generate')) bodies.push(request.postDataJSON());
  });
  await page.getByRole('button', { name: 'Keep unit 1 · 0 held' }).click();
  await page.waitForFunction(() => /holds=0\.0/.test(location.hash));
  await page.getByRole('list', { name: 'Units by feature' }).getByRole('button').first().waitFor();
  await page.getByLabel('Unit', { exact: true }).fill('3');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: '2 units held' }).waitFor();
  await page.waitForTimeout(600);
  const held = bodies.filter((body) => body.holds).at(-1).holds;
  assert.deepEqual(held, [{ layer: 0, unit: 0, value: 1 }, { layer: 0, unit: 3, value: 1 }]);
  await page.getByRole('button', { name: /^Release unit 0 of layer 1/ }).click();
  await page.getByRole('heading', { name: 'Held at +1.0' }).waitFor();
  assert.deepEqual(await leave(page), []);
});

test('inside: each score stands beside that of an untrained network', async () => {
  const text = 'the "cat" sat (on) the hat.\nAn egg is 12.\n'.repeat(3);
  const { features } = await ask('units/rank', { text, unknown: 'skip', limit: 6, control: true });
  const page = await visit(`view=inside&text=${encodeURIComponent(text)}`);
  const shown = page.getByRole('list', { name: 'Units by feature' }).locator('.control');
  await shown.first().waitFor();
  const wanted = features.filter((one) => one.units.length).sort((a, b) => b.units[0].score - a.units[0].score);
  assert.deepEqual((await shown.allTextContents()).map((words) => /untrained (\d\.\d\d)/.exec(words)[1]), wanted.map((one) => one.control.toFixed(2)));
  assert.deepEqual(await leave(page), []);
});

test('inside: Back undoes a pick, and a unit is found by its number', async () => {
  const page = await visit('view=inside&unit=0.5&text=the+computer');
  await page.getByRole('heading', { name: 'The text as unit 5 of layer 1 sees it' }).waitFor();
  await page.getByLabel('Unit', { exact: true }).fill('17');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'The text as unit 17 of layer 1 sees it' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'The text as unit 5 of layer 1 sees it' }).waitFor();
  assert.deepEqual(await leave(page), []);
});

test('inside: the temperature of the tour is not that of a held unit, which shows its own', async () => {
  const page = await visit('view=tour&tour_temp=0');
  await page.getByText('with its memory erased').waitFor();
  await page.getByRole('link', { name: 'Inside', exact: true }).click();
  await page.getByText('The texts part').or(page.getByText('The texts are the same')).waitFor();
  assert.equal(await page.getByRole('slider', { name: 'Temperature' }).inputValue(), '0.8');
  assert.deepEqual(await leave(page), []);
});
