import assert from 'node:assert/strict';
import test from 'node:test';
import { ask, leave, visit } from './browser.mjs';

const tape = (page) => page.locator('.tape .line').getAttribute('aria-label');

test('tour: one goes through it by pressing one button, and reads what is drawn', async () => {
  const page = await visit('view=tour&start=the+&seed=5&tour_temp=0.8');
  await page.getByText('with its memory erased').waitFor();
  const { draw } = await ask('tour', { text: 'the ', temperature: 0.8, seed: 5, draw: 0 });
  const button = page.locator('.tape button').first();
  await button.focus();
  for (let stage = 2; stage <= 7; stage++) {
    await page.keyboard.press('Enter');
    await page.locator(`#stage-${stage}.here`).waitFor();
  }
  assert.equal(await button.textContent(), 'Read the next character');
  await page.keyboard.press('Enter');
  await page.locator('#stage-1.here').waitFor();
  await page.waitForFunction((text) => document.querySelector('.tape .line').ariaLabel === text, `Read so far: the ${draw.character}`);
  assert.deepEqual(await leave(page), []);
});

test('tour: a link leads to the same character', async () => {
  const page = await visit('view=tour&start=the+&seed=5');
  await page.getByText('with its memory erased').waitFor();
  for (let i = 1; i <= 4; i++) {
    await page.getByRole('button', { name: 'One whole character' }).click();
    await page.waitForFunction((n) => document.querySelector('.tape .line').ariaLabel.length === 'Read so far: the '.length + n, i);
  }
  const before = await tape(page);
  await page.waitForFunction(() => /drawn=[^&]{4}/.test(location.hash));
  await page.reload();
  await page.locator('.tape').waitFor();
  await page.waitForFunction((text) => document.querySelector('.tape .line').ariaLabel === text, before);
  assert.deepEqual(await leave(page), []);
});

test('tour: the numbers are the model’s', async () => {
  const page = await visit('view=tour&start=the+c&seed=1&tour_temp=1');
  await page.getByText('with its memory erased').waitFor();
  const step = await ask('tour', { text: 'the c', temperature: 1, seed: 1, draw: 0 });
  await page.getByText(`number ${step.id} on its list`).waitFor();
  await page.getByText(`${step.draw.uniform.toFixed(4)} is in the stretch`, { exact: false }).waitFor();
  const memory = page.getByRole('slider', { name: 'The memory after' });
  await memory.focus();
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
  const value = step.layers[0].hidden_after[3];
  assert.equal(await memory.getAttribute('aria-valuetext'), `unit 3: ${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`);
  assert.deepEqual(await leave(page), []);
});

test('tour: another temperature goes on from the text so far, with other probabilities', async () => {
  const page = await visit('view=tour&start=the+&seed=5&drawn=go');
  await page.getByText('with its memory erased').waitFor();
  const before = await tape(page);
  await page.getByRole('slider', { name: 'Temperature' }).fill('0');
  await page.getByText('As unsure as a choice between 1 ').waitFor();
  assert.equal(await tape(page), before);
  assert.equal(await page.getByLabel('A text of your own to begin with').inputValue(), 'the ', 'what was drawn is no part of the beginning');
  assert.deepEqual(await leave(page), []);
});

test('tour: at its end the same character with other memories has other futures', async () => {
  const page = await visit('view=tour');
  const verdict = page.getByText('After the first past it expects');
  await verdict.waitFor();
  const first = await verdict.textContent();
  await page.getByRole('textbox', { name: 'Another past' }).fill(await page.getByRole('textbox', { name: 'One past' }).inputValue());
  await page.waitForFunction((text) => document.querySelector('.verdict').textContent !== text, first);
  const [, a, b] = /expects (.*), after the other (.*), with its memory/.exec(await verdict.textContent());
  assert.equal(a, b, 'the same past has the same future');
  const model = await page.getByLabel('Model', { exact: true }).inputValue();
  const other = await page.getByLabel('Model', { exact: true }).locator('option:not(:checked)').first().getAttribute('value');
  await page.getByLabel('Model', { exact: true }).selectOption(other);
  await page.getByRole('link', { name: 'see how far back it reaches' }).click();
  await page.getByRole('heading', { name: 'How far back does it look?' }).waitFor();
  assert.equal(await page.getByLabel('Model', { exact: true }).inputValue(), other, `the link keeps the model, not ${model}`);
  assert.deepEqual(await leave(page), []);
});

test('tour: the two pasts are in the link, and Back keeps them', async () => {
  const page = await visit('view=tour&past=the+go&other=a+compu&shared=t');
  await page.getByText('with its memory erased').waitFor();
  assert.equal(await page.getByRole('textbox', { name: 'One past' }).inputValue(), 'the go');
  await page.getByRole('textbox', { name: 'Another past' }).fill('documen');
  await page.waitForFunction(() => /other=documen/.test(location.hash));
  assert.match(page.url(), /shared=t/);
  assert.deepEqual(await leave(page), []);
});

test('tour: a text of one’s own is read, and a step of learning does what its gradient says', async () => {
  const page = await visit('view=tour');
  await page.getByText('with its memory erased').waitFor();
  await page.getByLabel('A text of your own to begin with').fill('a network of wor');
  await page.waitForFunction(() => document.querySelector('.tape .line').ariaLabel === 'Read so far: a network of wor');
  await page.getByRole('slider', { name: 'Learning rate' }).fill('0.1');
  const facts = page.locator('.facts li');
  const [, promised, measured] = /loss of (\S+) bits; measured\s+are (\S+) bits/.exec(await facts.nth(2).textContent()).map((n) => Number(n.replace('−', '-')));
  assert.ok(promised <= 0 && measured <= 0, `${promised} ${measured}`);
  assert.ok(Math.abs(promised - measured) < 0.02, `${promised} is not ${measured}`);
  await page.getByText('every step back multiplies the gradient by').waitFor();
  assert.deepEqual(await leave(page), []);
});

test('tour: the loop stays in sight, is lit at the step that one is at, and leads to each', async () => {
  const page = await visit('view=tour&start=the+&seed=5');
  await page.getByText('with its memory erased').waitFor();
  const loop = page.getByRole('navigation', { name: 'The loop' });
  const lit = () => loop.locator('[aria-current="step"]').evaluateAll((all) => all.map((one) => one.textContent.replace(/[\s↻]+/g, ' ').trim()));
  const step = await ask('tour', { text: 'the ', temperature: 0.8, seed: 5, draw: 0 });
  assert.match((await lit()).join(), /character$/);
  for (const [stage, name] of [['3', 'hidden state'], ['4', 'prediction'], ['6', 'drawn'], ['7', 'is read next'], ['2', 'embedding']]) {
    await loop.getByRole('button', { name }).click();
    await page.locator(`#stage-${stage}.here`).waitFor();
    const now = await lit();
    assert.ok(now.length === 1 && now[0].endsWith(name), now.join());
    await page.waitForTimeout(100);
    const [box, body] = [await loop.boundingBox(), await page.locator(`#stage-${stage} h2`).boundingBox()];
    assert.ok(box.y >= 0 && box.y + box.height < body.y, `the loop lies over step ${stage}`);
  }
  assert.ok((await loop.textContent()).includes(step.draw.character === ' ' ? '␣' : step.draw.character));
  // What changed between the two grids is their difference.
  const change = page.getByRole('slider', { name: 'What changed in the memory' });
  await change.focus();
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
  const [{ hidden_before: before, hidden_after: after }] = step.layers;
  const value = after[5] - before[5];
  assert.equal(await change.getAttribute('aria-valuetext'), `unit 5: ${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`);
  const far = after.filter((one, i) => Math.abs(one - before[i]) > 0.5).length;
  await page.getByText(`${far || 'No'} of ${after.length} units moved by more than 0.5`).waitFor();
  assert.deepEqual(await leave(page), []);
});
