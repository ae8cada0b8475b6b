import assert from 'node:assert/strict';
import test from 'node:test';
import { explainUnit } from '../src/lib/cell-words.js';
import { bound, orderUnits, paint, palette, zoom } from '../src/lib/heat-map.js';
import { draw, entropy, greatest, softmax } from '../src/lib/probability.js';
import { byDistance, lasting, matrixValues, reach, strengths } from '../src/lib/reach.js';
import { readSafetensors } from '../src/lib/safetensors.js';
import { addLine, interpolate, join, median, partDone, smooth } from '../src/lib/series.js';
import {
  compact,
  direction,
  duration,
  glyph,
  percent,
  power,
  spoken,
  ticks,
} from '../src/lib/words.js';
import { headerValue, lines, serverEvents } from '../src/lib/api.js';
import { beginningOf, pairsOf } from '../src/lib/passage.js';

const close = (a, b, off = 1e-12) => assert.ok(Math.abs(a - b) <= off, `${a} is not ${b}`);

test('softmax sums to one at any temperature, and large scores do not overflow', () => {
  for (const temperature of [0.01, 0.7, 1, 5]) {
    const p = softmax([1000, 999, -1000, 3], temperature);
    close(
      p.reduce((a, b) => a + b),
      1,
    );
    close(p[1] / p[0], Math.exp(-1 / temperature));
  }
  assert.deepEqual(softmax([1, 3, 2], 0), [0, 1, 0]);
});
test('a draw falls where the running sum holds the number', () => {
  const p = [0.25, 0, 0.5, 0.25];
  assert.deepEqual(
    [0, 0.2499, 0.25, 0.7499, 0.75, 0.99999].map((u) => draw(p, u)),
    [0, 0, 2, 2, 3, 3],
  );
  assert.equal(draw([0.5, 0.4999999, 0], 0.99999999), 1); // rounding never draws the impossible
});
test('entropy counts yes-or-no questions', () => {
  close(entropy([0.25, 0.25, 0.25, 0.25]), 2);
  close(entropy([1, 0]), 0);
  close(entropy([0.5, 0.25, 0.25]), 1.5);
});
test('the greatest come first, ties in order', () => {
  assert.deepEqual(greatest([1, 5, 3, 5, 2], 3), [1, 3, 2]);
});

test('smoothing starts at the first value and ends between its neighbours', () => {
  assert.deepEqual(smooth([4, 2], 0), [4, 2]);
  const [a, b] = smooth([4, 2], 0.5);
  close(a, 4);
  close(b, (0.25 * 4 + 0.5 * 2) / 0.75);
});
test('interpolation is straight between points and level outside', () => {
  const at = (x) => interpolate([10, 20, 40], [1, 2, 6], x);
  assert.deepEqual([5, 10, 15, 30, 40, 99].map(at), [1, 1, 1.5, 4, 6, 6]);
  assert.ok(Number.isNaN(interpolate([], [], 1)));
});
test('series on different steps are joined with gaps', () => {
  assert.deepEqual(
    join([
      { x: [1, 3], y: [10, 30] },
      { x: [2, 3], y: [NaN, 5] },
    ]),
    [
      [1, 2, 3],
      [10, null, 30],
      [null, null, 5],
    ],
  );
});
test('a line is added once', () => {
  const series = {};
  for (const step of [1, 2, 2, 1, 3]) addLine(series, { step, loss: step * 10, name: 'x' });
  assert.deepEqual(series, { loss: { step: [1, 2, 3], value: [10, 20, 30] } });
});
test('the part that is done follows whichever limit comes first', () => {
  const last = { step: 50, epoch: 1, seconds: 60 };
  close(partDone(last, 'steps = 200\nepochs = 2 # two'), 0.5);
  close(partDone(last, 'epochs = 100\nsteps = 0', 300), 0.2);
  close(partDone(last, 'epochs = 100', null), 0.01);
  assert.ok(Number.isNaN(partDone(last, 'hidden-size = 5')));
  close(partDone(last, 'lr-steps = 51\nsteps = 100'), 0.5);
});

test('heat map: each cell gets the colour of its value', () => {
  const colors = palette([0, 0, 255], [255, 255, 255], [255, 128, 0]);
  assert.equal(colors[128], 0xffffffff);
  assert.equal(colors[255], 0xff0080ff);
  assert.equal(colors[1], 0xffff0000);
  const values = Int8Array.from([1, 2, 3, 4, 5, 6]); // [2 times][3 units]
  const pixels = new Uint32Array(6);
  paint(
    values,
    2,
    3,
    [2, 0, 1],
    Uint32Array.from({ length: 256 }, (_, i) => i - 128),
    pixels,
  );
  assert.deepEqual([...pixels], [3, 6, 1, 4, 2, 5]);
});
test('heat map: the window stays inside, and zooming keeps the point under the pointer', () => {
  assert.deepEqual(bound({ x: -5, y: 90, width: 200, height: 20 }, 100, 50), {
    x: 0,
    y: 30,
    width: 100,
    height: 20,
  });
  const view = { x: 20, y: 10, width: 60, height: 30 };
  const next = zoom(view, 0.5, 50, 25, 100, 50);
  close((50 - view.x) / view.width, (50 - next.x) / next.width);
  close((25 - view.y) / view.height, (25 - next.y) / next.height);
});
test('heat map: units are ordered by how much they move', () => {
  const values = Int8Array.from([0, 9, 5, 0, -9, 6]); // unit 1 moves most, then 2, then 0
  assert.deepEqual(orderUnits(values, 2, 3, 'range'), [1, 2, 0]);
  assert.deepEqual(orderUnits(values, 2, 3, 'mean'), [0, 1, 2]);
  assert.deepEqual(orderUnits(values, 2, 3, 'number'), [0, 1, 2]);
});
test('heat map: units that go alike, or opposite, stand side by side', () => {
  const of = [(t) => t % 2, (t) => (t < 8 ? 1 : -1), (t) => 1 - (t % 2), (t) => (t < 8 ? 0.9 : -1)];
  const values = Int8Array.from({ length: 64 }, (_, i) => 100 * of[i % 4](i >> 2));
  const order = orderUnits(values, 16, 4, 'alike');
  assert.equal(Math.abs(order.indexOf(0) - order.indexOf(2)), 1, `${order}`);
  assert.equal(Math.abs(order.indexOf(1) - order.indexOf(3)), 1, `${order}`);
  assert.deepEqual([...order].sort(), [0, 1, 2, 3]);
});

test('distance 1 is the last character read', () => {
  assert.deepEqual(byDistance([1, 2, 4]), { x: [1, 2, 3], y: [4, 2, 1] });
  assert.ok(Number.isNaN(byDistance([0])['y'][0]));
});
test('the reach ends where everything further is small', () => {
  assert.equal(reach([1, 2, 3, 4], [1, 0.001, 0.5, 0.001]), 4);
  assert.equal(reach([1, 2], [1, 0.5]), null);
});
test('shading is between none and full', () => {
  assert.deepEqual(strengths([4, 1, 0]), [1, 0.5, 0]);
  assert.deepEqual(strengths([]), []);
});

test('a safetensors file is read, at any alignment', () => {
  const json = JSON.stringify({
    __metadata__: { text: 'ab' },
    a: { dtype: 'I8', shape: [1, 3], data_offsets: [0, 3] },
    b: { dtype: 'F32', shape: [2], data_offsets: [3, 11] },
  });
  const head = new TextEncoder().encode(json);
  const buffer = new ArrayBuffer(8 + head.length + 11);
  new DataView(buffer).setBigUint64(0, BigInt(head.length), true);
  const bytes = new Uint8Array(buffer);
  bytes.set(head, 8);
  bytes.set(new Uint8Array(Int8Array.from([-127, 0, 5]).buffer), 8 + head.length);
  bytes.set(new Uint8Array(Float32Array.from([1.5, -2]).buffer), 8 + head.length + 3);
  const { metadata, arrays } = readSafetensors(buffer);
  assert.equal(metadata.text, 'ab');
  assert.deepEqual([...arrays.a.data], [-127, 0, 5]);
  assert.deepEqual([...arrays.b.data], [1.5, -2]);
});
test('lines are put together whatever the chunks', async () => {
  const text = new TextEncoder().encode('{"a":"é"}\n{"b":2}\n{"c":3}');
  for (const size of [1, 3, 100]) {
    const stream = new ReadableStream({
      start(controller) {
        for (let i = 0; i < text.length; i += size) controller.enqueue(text.slice(i, i + size));
        controller.close();
      },
    });
    const all = [];
    for await (const one of lines(stream)) all.push(one);
    assert.deepEqual(all, [{ a: 'é' }, { b: 2 }, { c: 3 }]);
  }
});

test('a unit is explained with its own numbers, which agree', () => {
  const layer = {
    hidden_before: [0.5],
    hidden_after: [Math.tanh(0.3 - 0.1)],
    from_input: { h: [0.3] },
    from_hidden: { h: [-0.1] },
    gates: {},
  };
  assert.equal(explainUnit('rnn', layer, 0).numbers, '0.20 = tanh( 0.30 + (−0.10) )');
  const gru = { hidden_before: [0.5], hidden_after: [0.65], gates: { z: [0.25], n: [0.7] } };
  assert.equal(explainUnit('gru', gru, 0).numbers, '0.65 = 0.25 × 0.50 + 0.75 × 0.70');
  const lstm = {
    hidden_before: [0],
    hidden_after: [0.1],
    cell_before: [1],
    cell_after: [0.9],
    gates: { i: [0.1], f: [0.8], g: [1], o: [0.14], tanh_c: [0.716] },
  };
  assert.match(explainUnit('lstm', lstm, 0).numbers, /^0\.90 = 0\.80 × 1\.00 \+ 0\.10 × 1\.00;/);
});

test('numbers, times and characters are written for people', () => {
  assert.deepEqual([0.5, 1, 0.0004, 0.0123].map(percent), [
    '50\u00a0%',
    '100\u00a0%',
    '<\u00a00.1\u00a0%',
    '1.2\u00a0%',
  ]);
  assert.deepEqual([0, 12, 12345, 3320385, 0.00123].map(compact), [
    '0',
    '12',
    '12.3 k',
    '3.3 M',
    '1.2e-3',
  ]);
  assert.deepEqual([5, 65, 3700, NaN].map(duration), ['5 s', '1 min 5 s', '1 h 1 min', '–']);
  assert.deepEqual([' ', '\n', 'a', '\u0007'].map(glyph), ['␣', '↵', 'a', '�']);
  assert.equal(spoken('\n'), 'line end');
  assert.deepEqual([0.05, 20, 3e-7, 1e-5, 9.7e-11, 9.96e-11, 0.00999].map(power), [
    '0.05',
    '20',
    '3 · 10⁻⁷',
    '10⁻⁵',
    '10⁻¹⁰',
    '10⁻¹⁰',
    '0.01',
  ]);
  assert.deepEqual(['שלום', '“مرحبا', 'abc א', '123'].map(direction), ['rtl', 'rtl', 'ltr', 'ltr']);
  assert.equal(headerValue('é'), '\u00c3\u00a9');
});

test('the median leaves out what is not above zero', () => {
  assert.equal(median([0, 30, NaN, 10, 20, -5]), 20);
  assert.equal(median([0]), NaN);
});
test('the ticks of an axis are written in one manner', () => {
  assert.deepEqual(ticks([0, 0.005, 0.01]), ['0', '0.005', '0.01']);
  assert.deepEqual(ticks([0.2, null, 0.30000000000000004]), ['0.2', '', '0.3']);
  assert.deepEqual(ticks([0, 5000, 10000]), ['0', '5000', '10.0 k']);
  assert.deepEqual(ticks([0, 5e-6]), ['0', '5.0e-6']);
});
test('events are read across any cut of their bytes, comments passed over', async () => {
  const bytes = new TextEncoder().encode(
    'retry: 2000\n\n: ping\n\nid: 1-7\nevent: sample\ndata: {"text":"ä: \\n"}\n\nevent: shutdown\ndata: {}\n\n: pi',
  );
  for (let cut = 0; cut <= bytes.length; cut++) {
    const parts = [bytes.slice(0, cut), bytes.slice(cut)];
    const both = new ReadableStream({
      pull: (controller) => (parts.length ? controller.enqueue(parts.shift()) : controller.close()),
    });
    const found = [];
    for await (const event of serverEvents(both)) found.push(event);
    assert.deepEqual(found, [
      { id: '1-7', event: 'sample', data: { text: 'ä: \n' } },
      { event: 'shutdown', data: {} },
    ]);
  }
});
test('a beginning is whole words of the first line', () => {
  assert.equal(beginningOf('\nGREMIO:\nGood morrow'), 'GREMIO:');
  assert.equal(beginningOf('natural language processing is'), 'natural language');
  assert.equal(beginningOf('%\n%\nEin Mann geht'), 'Ein Mann geht');
  assert.equal(beginningOf('short'), 'short');
  assert.equal(beginningOf('%\n'), '%');
  assert.equal(beginningOf(''), '');
  assert.equal([...beginningOf('漢'.repeat(99))].length, 24);
});
test('pairs of pasts come from the text, end differently and were followed by the same letter', () => {
  const text =
    'Ein Mann beim Psychiater: Herr Doktor, ich habe immer das Gefühl,\ndaß mich niemand beachtet. Der Nächste bitte, sagt der Arzt.\n';
  const pairs = pairsOf(text);
  assert.ok(pairs.length >= 3 && pairs.length <= 6, `${pairs.length}`);
  for (const [one, other, letter] of pairs) {
    for (const past of [one, other]) {
      assert.ok(text.includes(past + letter), past + letter);
      assert.ok([...past].length >= 6 && /^\S/.test(past) && !past.includes('\n'), past);
    }
    assert.notEqual(one.slice(-2), other.slice(-2));
  }
  assert.deepEqual(pairsOf('short'), []);
});
test('a matrix has each row by its own greatest, and nothing after a prediction', () => {
  const values = matrixValues([[4], [1, 4], [0, 1, 100]], 3);
  assert.deepEqual(
    [0, 1, 2].map((row) => [0, 1, 2].map((t) => values[t * 3 + row])),
    [
      [127, 0, 0],
      [64, 127, 0],
      [0, 13, 127],
    ],
  );
});
test('how long a memory lasts is said in words', () => {
  assert.equal(lasting(null), 'it does not fade along this text');
  assert.equal(lasting(0.4), 'half of it is gone within one character');
  assert.equal(lasting(3.21), 'half of it is gone after 3.2 characters');
  assert.equal(lasting(41.4), 'half of it is gone after 41 characters');
});
