import assert from 'node:assert/strict';
import test from 'node:test';
import { fading, learn } from '../src/lib/learning.js';
import { stretches } from '../src/lib/stretches.js';

const close = (a, b, off = 1e-12) => assert.ok(Math.abs(a - b) <= off, `${a} is not ${b}`);

test('a small step changes the loss as the gradient promises', () => {
  const lesson = learn([1, 0.5, -2], [0.1, -0.9, 0.3], 1, 1e-4);
  assert.equal(lesson.unit, 1);
  const p = Math.exp(0.5) / (Math.exp(1) + Math.exp(0.5) + Math.exp(-2));
  close(lesson.probability, p);
  close(lesson.gradient, (p - 1) * -0.9);
  assert.ok(lesson.newLoss < lesson.loss);
  close(lesson.newLoss - lesson.loss, lesson.predicted, 1e-8);
});
test('a fading gradient has one factor a step', () => {
  close(fading([8, 4, 2, 1]), 0.5);
  close(fading([NaN, 9, 3, 1]), 1 / 3);
  assert.ok(Number.isNaN(fading([1, NaN])));
});

test('stretches cover the line whatever the distribution', () => {
  const flat = new Array(3000).fill(1 / 3000);
  const parts = stretches(flat, 1500, 0.002);
  assert.deepEqual(
    parts.map(({ id, count }) => [id, count]),
    [
      [null, 1500],
      [1500, 1],
      [null, 1499],
    ],
  );
  close(
    parts.reduce((sum, { size }) => sum + size, 0),
    1,
    1e-9,
  );
  assert.deepEqual(
    stretches([0.5, 0, 0.5], 2, 0.1).map(({ id, begin }) => [id, begin]),
    [
      [0, 0],
      [2, 0.5],
    ],
  );
});
