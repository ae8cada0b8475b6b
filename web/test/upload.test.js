import assert from 'node:assert/strict';
import { File } from 'node:buffer';
import test from 'node:test';
import { bytesOf, freeName, readText, runName } from '../src/lib/upload.js';

test('a run is named after its file, or after the first words of its text', () => {
  assert.equal(runName('whatever', 'war and peace.txt'), 'war and peace');
  assert.equal(runName('\n  Call me Ishmael. Some years ago'), 'Call me Ishmael.');
  assert.equal(runName('', ''), 'text');
  assert.equal(runName('../../etc/passwd is a name'), 'etcpasswd is a');
  assert.equal(runName('', '-o.txt'), 'o');
  assert.equal(runName('война и мир'), 'война и мир');
  assert.ok([...runName('x'.repeat(1000))].length <= 24);
  assert.equal(runName('a\u202eb\tc d e'), 'a b c d');
});

test('a name that is taken gets a number', () => {
  assert.equal(freeName('a', []), 'a');
  assert.equal(freeName('a', ['a', 'a 2']), 'a 3');
});

test('what is no text, or too much of one, is said', async () => {
  const file = (content, name = 'f') => new File([content], name);
  assert.equal(await readText(file('é\n'), 10), 'é\n');
  await assert.rejects(readText(file('12345678901'), 10), /11 bytes; 10/);
  await assert.rejects(readText(file(new Uint8Array([0xff, 0x41])), 10), /not a text/);
  await assert.rejects(readText(file('a\0b'), 10), /not a text/);
  assert.equal(bytesOf('é'), 2);
});
