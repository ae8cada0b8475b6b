import assert from 'node:assert/strict';
import test from 'node:test';
import { fileName, toCsv } from '../src/lib/download.js';

test('CSV: values with commas, quotes and line ends stand in quotes', () => {
  const csv = toCsv({
    head: ['a', 'b'],
    rows: [
      [1, 'x,y'],
      ['"', 'two\nlines'],
      [undefined, ''],
    ],
  });
  assert.equal(csv, 'a,b\r\n1,"x,y"\r\n"""","two\nlines"\r\n,\r\n');
});
test('a file is named as its picture', () => {
  assert.equal(fileName('Where a/b and “c” differ', 'svg'), 'where-a-b-and-c-differ.svg');
  assert.equal(fileName('…', 'png'), 'picture.png');
});
