// What a model reads of a text: the characters that it knows, in lower case where it knows no other.

// One character each: where lower case takes two, the character stays as it is.
const lower = (character) => {
  const small = character.toLowerCase();
  return [...small].length === 1 ? small : character;
};

// facts: the model's. Returns {text: what it reads, unknown: the different characters that it leaves
// out, before: Map from a place in `text` to those left out just before it}.
export function readable(text, { vocabulary, lowercase, encoding }) {
  if (encoding === 'bytes') return { text, unknown: [], before: new Map() };
  const known = new Set(vocabulary);
  const read = [];
  const unknown = new Set();
  const before = new Map();
  for (const character of text) {
    const one = lowercase ? lower(character) : character;
    if (known.has(one)) {
      read.push(one);
    } else {
      unknown.add(character);
      before.set(read.length, (before.get(read.length) ?? '') + character);
    }
  }
  return { text: read.join(''), unknown: [...unknown], before };
}

// What all of several models read of a text, so that they are asked for the same predictions.
export function readableByAll(text, all) {
  const choosy = all.filter(({ encoding }) => encoding !== 'bytes');
  if (!choosy.length) return readable(text, all[0]);
  const vocabulary = choosy
    .map((one) => new Set(one.vocabulary))
    .reduce((both, one) => new Set([...both].filter((character) => one.has(character))));
  return readable(text, { vocabulary, lowercase: choosy.some(({ lowercase }) => lowercase) });
}
