// Models of other scripts than Latin and of many characters, and what they do not know of each other's.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test, { after } from 'node:test';
import { leave, run_program, serve, shown_text, visit } from './browser.mjs';

const skip = !process.env.CHARRNN;
const kHebrew = 'בראשית ברא אלהים את השמים ואת הארץ\n';
const kLatin = 'the café was open\nand the sea was far away\n';
const kMany = `${String.fromCodePoint(...Array.from({ length: 700 }, (_, i) => 0x4e00 + i))}\n`;
const folder = await mkdtemp(`${tmpdir()}/charrnn-scripts-`);
let server;
after(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});
async function train(id, text, steps) {
  await writeFile(`${folder}/${id}.txt`, text.repeat(Math.ceil(3000 / [...text].length)));
  await run_program('train', `${folder}/${id}.txt`, '--out', `${folder}/runs/${id}`, '--cell', 'lstm', '--layers', '1', '--hidden-size', '16', '--embedding-size', '8', '--seq-length', '16', '--batch-size', '8', '--steps', String(steps), '--seed', '1', '-q');
}
if (!skip) {
  await train('hebrew', kHebrew, 40);
  await train('latin', kLatin, 40);
  await train('plain', kLatin.replaceAll('é', 'e'), 40);
  await train('many', kMany, 4);
  server = await serve(`${folder}/runs`, '--port', '0');
}
const see = (hash) => visit(hash, { at: server.url });
const first_memory = (page) => page.getByRole('slider', { name: /arrow keys choose the predicted character/ });

test('write: characters that the model does not know are named and marked', { skip }, async () => {
  const page = await see('view=write&model=plain&prompt=the+café&length=60');
  await page.getByText('This model does not know “é”: it is left out.').waitFor();
  await page.getByText('characters written').waitFor();
  assert.deepEqual(await page.locator('.cells del').allTextContents(), ['é']);
  await page.getByLabel('Beginning').fill('ааа'); // Cyrillic
  await page.getByText('nothing of the text is left to read').waitFor();
  assert.deepEqual(await leave(page), []);
});

test('write: another model begins with a beginning of its own, and keeps one that was typed', { skip }, async () => {
  const page = await see('view=write&model=hebrew&length=60');
  const beginning = page.getByLabel('Beginning');
  await page.waitForFunction(() => /\p{Script=Hebrew}/u.test(document.querySelector('#prompt').value));
  await page.getByLabel('Model', { exact: true }).selectOption('latin');
  await page.waitForFunction(() => /^[a-zé ]+$/.test(document.querySelector('#prompt').value));
  await page.goBack(); // undoes the change of model
  await page.waitForFunction(() => /\p{Script=Hebrew}/u.test(document.querySelector('#prompt').value));
  await beginning.fill('the sea');
  await page.getByLabel('Model', { exact: true }).selectOption('latin');
  await page.getByText('characters written').waitFor();
  assert.equal(await beginning.inputValue(), 'the sea');
  assert.deepEqual(await leave(page), []);
});

test('inside: a text without a known character is no empty text, and no old picture stays', { skip }, async () => {
  const page = await see('view=inside&model=latin&text=the+sea');
  await page.getByRole('heading', { name: 'All units at once' }).waitFor();
  await page.getByLabel('A text for it to read').fill('שלום');
  await page.getByText('nothing of the text is left to read').waitFor();
  assert.equal(await page.getByRole('heading', { name: 'All units at once' }).count(), 0);
  assert.deepEqual(await leave(page), []);
});

test('memory: models are compared over what all of them read, by default only those that read the same', { skip }, async () => {
  const text = 'the café was open';
  const page = await see(`view=memory&model=latin&text=${encodeURIComponent(text)}`);
  await page.locator('.reaches li').first().waitFor();
  assert.equal(await first_memory(page).count(), 1, 'none of the others reads all of it');
  await page.getByRole('checkbox', { name: 'plain' }).check();
  await page.getByText('Not every one of these models knows “é”').waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.texts .cells').length === 2);
  for (let i = 0; i < 2; i++) {
    await page.waitForFunction((n) => document.querySelectorAll('.texts .cells')[n].querySelectorAll('del').length === 1, i);
    const shown = await shown_text(first_memory(page).nth(i));
    assert.ok(shown.startsWith('the caf was open'), shown);
  }
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll('.texts .cells').length === 1);
  assert.deepEqual(await leave(page), []);
});

test('tour: Hebrew runs from right to left, its end in sight', { skip }, async () => {
  const text = kHebrew.trim().repeat(4);
  const page = await see(`view=tour&model=hebrew&start=${encodeURIComponent(text)}`);
  await page.getByText('with its memory erased').waitFor();
  const { rising, caret, frame } = await page.locator('.tape .line').evaluate((line) => {
    const lefts = [...line.querySelectorAll('span:not(.caret)')].map((span) => span.getBoundingClientRect().left);
    const box = line.getBoundingClientRect();
    const at = line.querySelector('.caret').getBoundingClientRect();
    return { rising: lefts.filter((left, i) => i && left > lefts[i - 1]).length, caret: at.left, frame: [box.left, box.right] };
  });
  assert.equal(rising, 0, 'every letter is to the left of the one before');
  assert.ok(caret >= frame[0] - 1 && caret <= frame[1], `${caret} in ${frame}`);
  assert.deepEqual(await leave(page), []);
});

test('tour: a vocabulary of many characters is shown around the one that was read, and a flat draw is seen', { skip }, async () => {
  const last = String.fromCodePoint(0x4e00 + 680);
  const page = await see(`view=tour&model=many&tour_temp=2&start=${encodeURIComponent(last)}`);
  await page.getByText('with its memory erased').waitFor();
  assert.equal(await page.locator('.vocabulary .on').count(), 1);
  const [first, number] = [/Numbers (\d+) to/.exec(await page.getByText(/^Numbers/).textContent())[1], Number(await page.locator('.vocabulary .on small').textContent())];
  assert.ok(Number(first) < number);
  await page.getByRole('button', { name: 'Show all' }).click();
  assert.equal(await page.locator('.vocabulary li').count(), 701);
  // The stretches cover the line, and the columns can be told from nothing.
  const covered = await page.locator('.wheel').evaluate((wheel) => [...wheel.querySelectorAll('.segment')].reduce((sum, one) => sum + parseFloat(one.style.width), 0));
  assert.ok(Math.abs(covered - 100) < 0.1, `${covered} % of the line`);
  const tallest = await page.getByRole('list', { name: 'Probabilities' }).locator('.bar').evaluateAll((bars) => Math.max(...bars.map((bar) => parseFloat(bar.style.height))));
  assert.ok(tallest > 8, `${tallest} % of the height`);
  assert.deepEqual(await leave(page), []);
});

test('tour: an LSTM’s cell is drawn beside its output', { skip }, async () => {
  const page = await see('view=tour&model=latin');
  for (const name of ['The cell before', 'The cell after', 'The output before', 'The output after']) await page.getByRole('slider', { name }).waitFor();
  await page.getByText('keeps only 32 numbers').waitFor();
  assert.deepEqual(await leave(page), []);
});
