// What a model is shown reading at first: its own kind of text, where there is any.
import * as api from './api.js';

// The notebook's network has learnt this.
const NOTEBOOK =
  'natural language processing is a subfield of linguistics, computer science, and artificial intelligence (once called machine intelligence). the goal is a computer capable of understanding the contents of documents.\nrecurrent neural networks were once commonly used for such tasks.\n';
const WRITTEN = 500; // characters

// A model without a run has to write the text itself.
async function writtenBy(id) {
  let text = '';
  for await (const part of api.generate({
    model: id,
    temperature: 0.8,
    seed: 42,
    max_characters: WRITTEN,
    top: 0,
  })) {
    for (const one of part.characters ?? []) text += one.text;
  }
  return { text, source: 'written' };
}

async function find(id, kind) {
  if (kind === 'built_in') return { text: NOTEBOOK, source: 'notebook' };
  const kept = kind === 'run' ? await api.passage(id) : { text: null };
  return kept.text ? kept : writtenBy(id);
}

const passages = new Map();
// {text, source} of a model that is served.
export function passageOf({ id, kind }) {
  if (!passages.has(id)) {
    const promise = find(id, kind);
    promise.catch(() => passages.delete(id));
    passages.set(id, promise);
  }
  return passages.get(id);
}

export const SOURCES = {
  held_out: 'A passage it was not trained on',
  sample: 'The last sample that it wrote during training',
  written: 'A text that it wrote itself just now',
  notebook: 'A passage of the text that it was trained on',
};

const FEWEST = 4; // characters that say something
// The first words of the first line that has some, at most `most` characters.
export function beginningOf(text, most = 24) {
  const lines = text.split('\n').map((line) => line.trimStart());
  const line = lines.find((one) => [...one].length >= FEWEST) ?? lines.find((one) => one) ?? '';
  const cut = [...line].slice(0, most).join('');
  return cut === line ? line : cut.replace(/\s+\S*$/, '');
}

const PAST = { most: 14, fewest: 6 }; // characters
// Pairs of pasts from a text, and the letter that followed both: [past, other past, letter], the
// commonest letters first. Pasts begin with a word and end differently.
export function pairsOf(text, most = 6) {
  const characters = [...text];
  const pasts = new Map();
  for (let i = PAST.most; i < characters.length; i++) {
    if (!/\p{Ll}/u.test(characters[i])) continue;
    const before = characters
      .slice(i - PAST.most, i)
      .join('')
      .split('\n')
      .at(-1);
    const past = before.replace(/^\S*\s+/, '');
    if ([...past].length < PAST.fewest) continue;
    if (!pasts.has(characters[i])) pasts.set(characters[i], []);
    pasts.get(characters[i]).push(past);
  }
  const pairs = [];
  for (const [letter, found] of [...pasts].sort((a, b) => b[1].length - a[1].length)) {
    const other = found.find((past) => past.slice(-2) !== found[0].slice(-2));
    if (other) pairs.push([found[0], other, letter]);
  }
  return pairs.slice(0, most);
}

// A beginning for the network to go on from: its own text's, else one that it can read. (What it has
// written itself may be no language yet.)
export async function beginningFor(run, vocabulary) {
  const { text, source } = run.kind === 'file' ? {} : await passageOf(run);
  if (source === 'held_out' || source === 'notebook') return beginningOf(text);
  return (
    ['natural language', 'The ', 'the '].find((t) => [...t].every((c) => vocabulary.includes(c))) ??
    ''
  );
}

// Pasts for the tour's last picture in the model's own language; none where it has no text but its own
// writing.
export async function pairsFor(run) {
  if (run.kind !== 'run') return [];
  const { text, source } = await passageOf(run);
  return source === 'held_out' ? pairsOf(text) : [];
}
