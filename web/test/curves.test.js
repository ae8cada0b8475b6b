import assert from 'node:assert/strict';
import test from 'node:test';
import { alongAxis, curvesTable, lossCurves } from '../src/lib/curves.js';
import { setting, sortRows } from '../src/lib/run-table.js';

const run = {
  id: 'a',
  series: {
    train_loss: { step: [1, 2, 3, 4], value: [4, 3, 2, 1].map((v) => v * Math.LN2) },
    validation_loss: { step: [2, 4], value: [3 * Math.LN2, 2 * Math.LN2] },
    seconds: { step: [1, 2, 3, 4], value: [1, 2, 3, 4] },
    // The speed falls: time × speed would run backwards.
    characters_per_second: { step: [1, 2, 3, 4], value: [1000, 100, 10, 1] },
    characters: { step: [1, 4], value: [50, 200] },
  },
};

test('the axis of characters has the characters that were reported, and never runs backwards', () => {
  const x = alongAxis(run.series, run.series.train_loss, 'characters');
  assert.deepEqual(x, [50, 100, 150, 200]);
  assert.deepEqual(alongAxis(run.series, run.series.validation_loss, 'seconds'), [2, 4]);
});
test('a run that does not report them has no curve there', () => {
  const { characters: _, ...series } = run.series;
  assert.equal(alongAxis(series, series.train_loss, 'characters'), null);
  assert.deepEqual(lossCurves([{ ...run, series }], 'characters', 0.5), []);
});
test('the raw curve stands faint behind the smoothed one, and goes where it goes', () => {
  const [raw, smoothed, validation] = lossCurves([run], 'step', 0.5);
  assert.deepEqual([raw.faint, raw.of], [true, smoothed.label]);
  assert.deepEqual(raw.y.map(Math.round), [4, 3, 2, 1]);
  assert.ok(smoothed.y[3] > raw.y[3]);
  assert.equal(validation.label, 'validation');
  assert.equal(lossCurves([run], 'step', 0).length, 2);
});
test('the table has a row for every step of any run', () => {
  const one = { label: 'a', x: [1, 2], y: [10, 20] };
  const other = { label: 'b', x: [2, 5], y: [30, NaN] };
  const { head, rows } = curvesTable([one, other], 'step', 'bits', String, String);
  assert.deepEqual(head, ['step', 'a (bits)', 'b (bits)']);
  assert.deepEqual(rows, [
    ['5', '', ''],
    ['2', '20', '30'],
    ['1', '10', ''],
  ]);
});

test('settings are read from a configuration', () => {
  const config = 'cell = "lstm"\nhidden-size = 48 # units\n# layers = 9\nlayers = 2\n';
  assert.deepEqual(
    ['cell', 'hidden-size', 'layers', 'steps'].map((key) => setting(config, key)),
    ['lstm', 48, 2, undefined],
  );
});
test('runs are sorted by a column, those that do not say it last', () => {
  const rows = [{ id: 'b', bits: 2 }, { id: 'c' }, { id: 'a', bits: 1 }];
  const order = (column, descending) => sortRows(rows, column, descending).map((row) => row.id);
  assert.deepEqual(order('bits', false), ['a', 'b', 'c']);
  assert.deepEqual(order('bits', true), ['b', 'a', 'c']);
  assert.deepEqual(order('id', true), ['c', 'b', 'a']);
});
