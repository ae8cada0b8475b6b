import assert from 'node:assert/strict';
import test from 'node:test';
import {
  format,
  FIELDS,
  formatHolds,
  MOST_HELD,
  parse,
  parseHolds,
  parseUnit,
} from '../src/lib/address.js';

test('what is formatted is parsed back', () => {
  const state = {
    ...parse(''),
    view: 'inside',
    model: 'a b/ü',
    temp: 1.25,
    seed: 7,
    text: 'x & y = #1\n“z”',
    unit: '1.37',
    hold: -0.5,
    at: 12,
  };
  assert.deepEqual(parse(format(state)), state);
});
test('defaults are left out, but the seed is always there', () => {
  assert.equal(format(parse('')), '#seed=42');
});
test('unknown names and unreadable values are ignored', () => {
  const state = parse('#view=nonsense&temp=warm&top_k=1.5&what=ever&seed=&length=');
  assert.deepEqual(state, parse(''));
});
test('numbers are kept within their range', () => {
  const state = parse('#temp=99&hold=-7&seed=-3&length=0&stage=1e9');
  assert.equal(state.temp, 2);
  assert.equal(state.hold, -1);
  assert.equal(state.seed, 0);
  assert.equal(state.length, 1);
  assert.equal(state.stage, 7);
});
test('a text longer than its limit is cut, between characters', () => {
  assert.equal(parse(`#text=${'a'.repeat(17000)}`).text.length, 16384);
  assert.equal([...parse(`#text=${'😀'.repeat(17000)}`).text].length, 16384);
});
test('a text that was emptied is not one that was never chosen', () => {
  assert.equal(parse('#seed=1').prompt, null);
  assert.equal(parse('#prompt=').prompt, '');
  assert.match(format({ ...parse(''), prompt: '' }), /prompt=/);
  assert.doesNotMatch(format({ ...parse(''), seed: null }), /null/);
});
test('every field reads its own default', () => {
  for (const [name, field] of Object.entries(FIELDS)) {
    if (field.fallback === null) assert.equal(field.read(''), '', name);
    else assert.deepEqual(field.read(String(field.fallback)), field.fallback, name);
  }
});
test('a unit is LAYER.UNIT and nothing else', () => {
  assert.deepEqual(parseUnit('1.37'), { layer: 1, unit: 37 });
  for (const wrong of ['', '1', '1.', '.3', '-1.2', '1.2.3', 'a.b'])
    assert.equal(parseUnit(wrong), null, wrong);
});
test('held units are read as they were written, each once, and nothing else is', () => {
  const holds = [
    { layer: 1, unit: 37, value: 0.9 },
    { layer: 0, unit: 3, value: -1 },
  ];
  assert.deepEqual(parseHolds(formatHolds(holds)), holds);
  assert.deepEqual(parseHolds(''), []);
  assert.deepEqual(parseHolds('1.2,1.2:,1.2:x,1.2:2,:1,a.b:1,,'), []);
  assert.deepEqual(parseHolds('1.2:1,1.2:0.5'), [{ layer: 1, unit: 2, value: 0.5 }]);
  const many = Array.from({ length: 80 }, (_, unit) => `0.${unit}:1`).join(',');
  assert.equal(parseHolds(many).length, MOST_HELD);
});
