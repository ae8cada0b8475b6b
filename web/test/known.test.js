import assert from 'node:assert/strict';
import test from 'node:test';
import { readable, readableByAll } from '../src/lib/known.js';

const facts = (vocabulary, more = {}) => ({
  vocabulary: [...vocabulary],
  lowercase: false,
  encoding: 'utf-8',
  ...more,
});

test('what a model does not know is left out, named once, and its place kept', () => {
  const { text, unknown, before } = readable('aéb€€c', facts('abc'));
  assert.equal(text, 'abc');
  assert.deepEqual(unknown, ['é', '€']);
  assert.deepEqual(
    [...before],
    [
      [1, 'é'],
      [2, '€€'],
    ],
  );
  assert.deepEqual([...readable('ab!', facts('ab')).before], [[2, '!']]);
  assert.equal(readable('!?', facts('ab')).text, '');
});
test('a model of lower case reads capitals as small letters, one for one', () => {
  const lower = facts('abi', { lowercase: true });
  assert.equal(readable('ABa', lower).text, 'aba');
  assert.deepEqual(readable('İ', lower).unknown, ['İ']); // two characters in lower case
});
test('a model of bytes reads everything', () => {
  const bytes = facts('a', { encoding: 'bytes' });
  assert.equal(readable('é€', bytes).text, 'é€');
  assert.equal(readableByAll('é€', [bytes, bytes]).text, 'é€');
  assert.equal(readableByAll('éa', [bytes, facts('a')]).text, 'a');
});
test('several models are compared over what all of them read', () => {
  const { text, unknown } = readableByAll('aXbcd', [
    facts('abcx', { lowercase: true }),
    facts('abxd'),
  ]);
  assert.equal(text, 'axb');
  assert.deepEqual(unknown, ['c', 'd']);
});
test('a character outside the first plane is one character', () => {
  assert.deepEqual([...readable('a😀b', facts('ab')).before], [[1, '😀']]);
});
