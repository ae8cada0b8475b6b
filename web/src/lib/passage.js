// What a model is shown reading at first: its own kind of text, where there is any.
import * as api from './api.js';

// The notebook's network has learnt this.
const kNotebook =
  'natural language processing is a subfield of linguistics, computer science, and artificial intelligence (once called machine intelligence). the goal is a computer capable of understanding the contents of documents.\nrecurrent neural networks were once commonly used for such tasks.\n';
const kWritten = 500; // characters

// A model without a run has to write the text itself.
async function written_by(id) {
  let text = '';
  for await (const part of api.generate({ model: id, temperature: 0.8, seed: 42, max_characters: kWritten, top: 0 })) {
    for (const one of part.characters ?? []) text += one.text;
  }
  return { text, source: 'written' };
}

async function find(id, kind) {
  if (kind === 'built_in') return { text: kNotebook, source: 'notebook' };
  const kept = kind === 'run' ? await api.passage(id) : { text: null };
  return kept.text ? kept : written_by(id);
}

const passages = new Map();
// {text, source} of a model that is served.
export function passage_of({ id, kind }) {
  if (!passages.has(id)) {
    const promise = find(id, kind);
    promise.catch(() => passages.delete(id));
    passages.set(id, promise);
  }
  return passages.get(id);
}

export const kSources = {
  held_out: 'from the part of its text that it did not learn from',
  sample: 'the last sample that it wrote while it was trained',
  written: 'written by itself just now',
  notebook: 'from the text that it has learnt',
};

// The first words of the first line, at most `most` characters.
export function beginning_of(text, most = 24) {
  const line = text.trimStart().split('\n')[0];
  const cut = [...line].slice(0, most).join('');
  return cut === line ? line : cut.replace(/\s+\S*$/, '');
}
// A beginning for the network to go on from: its own text's, else one that it can read. (What it has
// written itself may be no language yet.)
export async function beginning_for(run, vocabulary) {
  const { text, source } = run.kind === 'file' ? {} : await passage_of(run);
  if (source === 'held_out' || source === 'notebook') return beginning_of(text);
  return ['natural language', 'The ', 'the '].find((t) => [...t].every((c) => vocabulary.includes(c))) ?? '';
}
