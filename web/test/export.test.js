// The exported page's logic. That it agrees with the program is tested in a browser
// (tests/export_page_test.py).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { Alphabet, CellMaker } from '../export/alphabet.js';
import { readModel } from '../export/model.js';
import { Network, networkRoom } from '../export/network.js';
import { PlainKernel } from '../export/plain-kernel.js';
import { predictions } from '../export/predictions.js';
import { Reader } from '../export/reader.js';
import { deterministicExp, draw, uniforms } from '../export/sampler.js';
import { listed } from '../export/unknown.js';
import { VectorKernel, room } from '../export/vector-kernel.js';
import { bytesOf, numbersOf } from '../export/weights.js';

const code = readFileSync(new URL('../dist-export/kernel.wasm', import.meta.url));
const base64 = (array) => Buffer.from(array.buffer).toString('base64');

// Numbers from -1 to 1, the same each time.
let state = 1;
const numbers = (size) =>
  Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 2 ** 30 - 1;
  });

test('products by vector instructions are the plain ones, whatever the sizes', () => {
  for (const [rows, columns] of [
    [1, 1],
    [4, 4],
    [5, 3],
    [7, 9],
    [64, 33],
    [130, 127],
  ]) {
    const [w, x, bias] = [numbers(rows * columns), numbers(columns), numbers(rows)];
    const [fast, plain] = [
      new VectorKernel(code, room([columns, rows, rows], [[rows, columns]])),
      new PlainKernel(),
    ].map((kernel) => {
      const matrix = kernel.matrix(rows, columns, w);
      const y = kernel.vector(rows);
      kernel.product(matrix, kernel.vector(columns, x), kernel.vector(rows, bias), y);
      return y;
    });
    fast.forEach((value, i) => assert.ok(Math.abs(value - plain[i]) < 1e-5, `${rows} ${columns}`));
  }
});

function network({ cell, layers, kernel }) {
  const config = { cell, layers, hiddenSize: 6, embeddingSize: 5, vocabularySize: 7 };
  const rows = { rnn: 1, lstm: 4, gru: 3 }[cell] * 6;
  const sizes = {
    'embedding.weight': 35,
    'rnn.weight_ih_l0': rows * 5,
    'fc.weight': 42,
    'fc.bias': 7,
  };
  state = 1;
  const tensor = (name) => numbers(sizes[name] ?? (name.includes('bias') ? rows : rows * 6));
  return new Network(config, tensor, kernel ?? new VectorKernel(code, networkRoom(config)));
}

test('there is room for a network, no less and no more', () => {
  let numbers = 0;
  const padded = (size) => Math.ceil(size / 4) * 4;
  class CountingKernel extends PlainKernel {
    vector(size, values) {
      numbers += padded(size);
      return super.vector(size, values);
    }
    matrix(rows, columns, values) {
      numbers += padded(rows) * padded(columns);
      return super.matrix(rows, columns, values);
    }
  }
  for (const layers of [1, 3]) {
    numbers = 0;
    const { config } = network({ cell: 'lstm', layers, kernel: new CountingKernel() });
    assert.equal(networkRoom(config), numbers);
  }
});

test('a network is the same in both kernels', () => {
  for (const cell of ['rnn', 'lstm', 'gru']) {
    for (const layers of [1, 2, 3]) {
      const [fast, plain] = [undefined, new PlainKernel()].map((kernel) => {
        const one = network({ cell, layers, kernel });
        const carried = one.newState();
        for (const id of [1, 6, 0]) one.advance(id, carried);
        return one.advance(6, carried);
      });
      fast.forEach((score, i) => assert.ok(Math.abs(score - plain[i]) < 1e-5, cell));
    }
  }
});

test('exp is that of the program', () => {
  for (let x = 0; x > -708; x -= 0.37) {
    const off = deterministicExp(x) / Math.exp(x) - 1;
    assert.ok(Math.abs(off) < 5e-16, `${x}: ${off}`);
  }
  assert.equal(deterministicExp(0), 1);
  assert.equal(deterministicExp(-Infinity), 0);
  assert.ok(Number.isNaN(deterministicExp(NaN)));
});

// Seed, position and number, from sampling_uniform() in src/generate/sampler.cc.
const KNOWN = [
  [0n, 0, 0.15227772573419551],
  [1n, 1, 0.079100644691183719],
  [42n, 599, 0.15999662786190427],
  [18446744073709551615n, 1000000, 0.87644911977338624],
];
test('uniform numbers are those of the program', () => {
  const uniform = uniforms(1n);
  const mean = Array.from({ length: 1000 }, (_, i) => uniform(i)).reduce((a, b) => a + b) / 1000;
  assert.ok(Math.abs(mean - 0.5) < 0.03, String(mean));
  assert.deepEqual(
    KNOWN.map(([seed, position]) => uniforms(seed)(position)),
    KNOWN.map((one) => one[2]),
  );
});

const SETTINGS = { temperature: 1, topK: 0, topP: 1, minP: 0 };
test('draws follow the weights, and limits cut off what they say', () => {
  const scores = [0.5, 2, 2, -1, 1];
  const share = (settings) => {
    const counts = Array(5).fill(0);
    for (let i = 0; i < 1000; i++) counts[draw(scores, { ...SETTINGS, ...settings }, i / 1000)]++;
    return counts.map((count) => count / 1000);
  };
  const weights = scores.map(Math.exp);
  const total = weights.reduce((a, b) => a + b);
  share({}).forEach((p, i) => assert.ok(Math.abs(p - weights[i] / total) < 0.002));
  assert.deepEqual(share({ temperature: 0 }), [0, 1, 0, 0, 0]);
  assert.deepEqual(share({ topK: 1 }), [0, 1, 0, 0, 0]);
  assert.deepEqual(share({ topK: 2 }), [0, 0.5, 0.5, 0, 0]);
  assert.deepEqual(share({ topP: 0 }), [0, 1, 0, 0, 0]);
  assert.deepEqual(share({ topP: 0.7 }), [0, 0.5, 0.5, 0, 0]);
  assert.deepEqual(share({ minP: 0.9 }), [0, 0.5, 0.5, 0, 0]);
  assert.throws(() => draw([NaN, 1], SETTINGS, 0.5), /not finite/);
  assert.throws(() => draw([NaN, 1], { ...SETTINGS, temperature: 0 }, 0.5), /not finite/);
});

test('numbers come back from each precision', () => {
  const values = numbers(9);
  assert.deepEqual(numbersOf('f32', base64(values)), values);
  // 1, -2, the largest, the least above zero, infinity
  const halves = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 1, 0x7c00);
  assert.deepEqual([...numbersOf('f16', base64(halves))], [1, -2, 65504, 2 ** -24, Infinity]);
  const rows = numbersOf(
    'int8',
    base64(Int8Array.of(127, -1, 2, 3)),
    base64(Float32Array.of(0.5, 2)),
  );
  assert.deepEqual([...rows], [63.5, -0.5, 4, 6]);
  const long = Uint8Array.from({ length: 100001 }, (_, i) => i * 7);
  assert.deepEqual(bytesOf(base64(long)), long);
  assert.equal(bytesOf('').length, 0);
});

const alphabet = (about) =>
  new Alphabet({ characters: [...'\nabéi\ufffd'], lowercase: false, unknown: -1, ...about });
const ids = (one, text) => one.read(text).map(({ id }) => id);

test('texts are read as the network has learnt them', () => {
  assert.deepEqual(ids(alphabet(), 'ab\r\nA'), [1, 2, -1, 0, -1]);
  assert.deepEqual(ids(alphabet({ newline: 'lf' }), 'a\r\nb\ra'), [1, 0, 2, 0, 1]);
  assert.deepEqual(ids(alphabet({ lowercase: true }), 'AÉİ'), [1, 3, 4]);
  assert.deepEqual(ids(alphabet({ unknown: 5 }), 'az😀'), [1, 5, 5]);
  assert.deepEqual(ids(alphabet(), '\ufeffa😀\ud800'), [1, -1, 5]);
  const bytes = alphabet({ encoding: 'bytes', characters: [...'aÃ©'], lowercase: true });
  assert.deepEqual(ids(bytes, 'AéÉ'), [0, 1, 2, 1, -1]);
  assert.equal(bytes.text([0, 1, 2]), 'aé');
});

test('bytes are shown as the characters that they are', () => {
  const shown = (text) => {
    const maker = new CellMaker(true);
    const items = [...Buffer.from(text, 'latin1')].map((byte) => ({
      character: String.fromCharCode(byte),
    }));
    return [...items.flatMap((item) => maker.add(item)), ...maker.finish()];
  };
  const texts = (text) => shown(text).map((cell) => cell.text);
  assert.deepEqual(texts('a\xc3\xa9\xe6\xbc\xa2b'), ['a', 'é', '漢', 'b']);
  assert.deepEqual(shown('\xc3\xa9')[0].items.length, 2);
  assert.deepEqual(texts('\xc3a\xff'), ['\\xc3', 'a', '\\xff']);
  assert.deepEqual(texts('\xe6\xbc'), ['\\xe6', '\\xbc']);
  assert.deepEqual(texts('\xe6\xc3\xa9'), ['\\xe6', 'é']);
});

test('metadata are those of a model file', () => {
  const model = readModel({
    cell: 'gru',
    layers: '2',
    hidden_size: '8',
    embedding_size: '3',
    vocabulary: '["a","\\n"]',
    documents: 'lines',
    weight_type: 'f16',
  });
  assert.deepEqual(model.config, {
    cell: 'gru',
    layers: 2,
    hiddenSize: 8,
    embeddingSize: 3,
    vocabularySize: 2,
  });
  assert.equal(model.border, 1);
  assert.ok(Number.isNaN(model.validationLoss));
});

const seven = new Alphabet({ characters: [...'\nabcdef'], lowercase: false, unknown: -1 });
const reader = (border = -1) => new Reader(network({ cell: 'gru', layers: 2 }), seven, border);
const items = (steps) => [...steps].filter(Boolean);
const said = (steps) => items(steps).map(({ logProbability }) => logProbability);

test('a text that goes on is read on from where it was', () => {
  const one = reader();
  items(one.read(seven.read('abc')));
  items(new Reader(one.network, seven, -1).read(seven.read('f'))); // a text beside it
  let steps = 0;
  const { advance } = one.network;
  one.network.advance = (...words) => (steps++, advance.apply(one.network, words));
  const after = said(one.read(seven.read('abcxde')));
  assert.equal(steps, 2);
  assert.deepEqual(after, said(reader().read(seven.read('abcxde'))));
  assert.ok(Number.isNaN(after[0]) && Number.isNaN(after[3]) && after[5] < 0);
  assert.deepEqual(said(one.read(seven.read('bd'))), said(reader().read(seven.read('bd'))));
});

test('writing leaves what was read as it was, and two texts at once do not meet', () => {
  const settings = { ...SETTINGS, seed: 3n, length: 30, stop: [] };
  const alone = items(reader().write([1, 2], settings)).map(({ id }) => id);
  const one = reader();
  const writing = one.write([1, 2], settings);
  const other = new Reader(one.network, seven, -1);
  const mixed = [];
  for (let step = writing.next(); !step.done; step = writing.next()) {
    if (step.value) mixed.push(step.value.id);
    items(other.read(seven.read('fed'.repeat((mixed.length % 3) + 1))));
  }
  assert.deepEqual(mixed, alone);
  assert.deepEqual(
    items(one.write([1, 2], settings)).map(({ id }) => id),
    alone,
  );
});

test('a text ends before the string that is completed first, the longer one of two', () => {
  const settings = { ...SETTINGS, seed: 3n, length: 200, stop: [] };
  const written = items(reader().write([1], settings))
    .map(({ character }) => character)
    .join('');
  const stop = written.slice(20, 23);
  const steps = reader().write([1], { ...settings, stop: [stop, stop.slice(1)] });
  let step;
  let count = 0;
  while (!(step = steps.next()).done) if (step.value) count++;
  const at = written.indexOf(stop.slice(1));
  const begin = written.slice(at - 1, at + 2) === stop ? at - 1 : at;
  assert.equal(step.value.finish, 'stop');
  assert.equal(count - step.value.dropped, begin);
});

test('at a border the network forgets', () => {
  const first = said(reader(0).read(seven.read('ab\ncd')));
  const second = said(reader(0).read(seven.read('ffff\ncd')));
  assert.deepEqual(first.slice(3), second.slice(5));
});

test('predictions sum to one and are in order', () => {
  const scores = Float32Array.of(1, 5, 5, -3, 0, 2, 2, 2, 2, 2);
  const { logProbability, likeliest } = predictions(scores);
  const sum = [...scores.keys()].reduce((a, id) => a + Math.exp(logProbability(id)), 0);
  assert.ok(Math.abs(sum - 1) < 1e-12);
  assert.deepEqual(
    likeliest.map(({ id }) => id),
    [1, 2, 5, 6, 7, 8, 9, 0],
  );
});

test('unknown characters are named, each once', () => {
  const some = [...'xyx'].map((character) => ({ id: -1, character }));
  assert.equal(listed([...some, { id: 1, character: 'a' }]), '“x” (2 times), “y”');
  assert.equal(listed([]), '');
});
