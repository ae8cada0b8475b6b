// Text ↔ the ids of the characters that a network knows. In the encoding "bytes" a character is a byte,
// given by the code point of the same value.
const BYTE_ORDER_MARK = '\ufeff';

export class Alphabet {
  #ids;

  // characters: in the order of their ids. newline: "lf" where the network has learnt line ends as
  // LF. unknown: the id that stands for every other character, or −1.
  constructor({ characters, encoding, lowercase, newline, unknown }) {
    this.characters = characters;
    this.isBytes = encoding === 'bytes';
    this.lowercase = lowercase;
    this.newline = newline;
    this.unknown = unknown;
    this.#ids = new Map(characters.map((character, id) => [character, id]));
  }

  id(character) {
    return this.#ids.get(character) ?? this.unknown;
  }

  // The characters of a text as the network reads them: a list of {id, character}; id −1 where it
  // does not know the character.
  read(text) {
    if (!this.isBytes && text.startsWith(BYTE_ORDER_MARK)) text = text.slice(1);
    if (this.newline === 'lf') text = text.replace(/\r\n?/g, '\n');
    return this.#split(text).map((character) => ({ id: this.id(character), character }));
  }

  #split(text) {
    if (!this.isBytes) {
      const all = [...text.replace(/\p{Cs}/gu, '\ufffd')];
      return this.lowercase ? all.map(lowered) : all;
    }
    const bytes = new TextEncoder().encode(text);
    const all = Array.from(bytes, (byte) => String.fromCharCode(byte));
    return this.lowercase ? all.map((one) => (one < '\x80' ? lowered(one) : one)) : all;
  }

  // What ids say, where it is text; bytes that are none become U+FFFD.
  text(ids) {
    const text = ids.map((id) => this.characters[id]).join('');
    if (!this.isBytes) return text;
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytesOf(text));
  }
}

// One character for one, so that places stay the same: İ, which toLowerCase() makes two, becomes i.
const lowered = (character) => [...character.toLowerCase()][0];

const bytesOf = (text) => Uint8Array.from(text, (byte) => byte.charCodeAt(0));

// How many bytes the UTF-8 character has that begins with this byte; 1 where none does.
const sizeOf = (byte) =>
  byte < 0xc2 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 1;

// Collects what the network reads or writes into what is shown: a character, or the bytes of one.
// Items are {character, …}; a cell is {text, items}.
export class CellMaker {
  #waiting = []; // bytes of a character that is not complete

  constructor(isBytes) {
    this.isBytes = isBytes;
  }

  // The cells that are complete with this item.
  add(item) {
    if (!this.isBytes) return [{ text: item.character, items: [item] }];
    this.#waiting.push(item);
    const size = sizeOf(this.#waiting[0].character.charCodeAt(0));
    const continues = this.#waiting.length === 1 || (item.character.charCodeAt(0) & 0xc0) === 0x80;
    if (continues && this.#waiting.length < size) return [];
    if (continues) return this.finish();
    this.#waiting.pop();
    return [...this.finish(), ...this.add(item)];
  }

  // What is left: one cell where it is a character, else one for each byte.
  finish() {
    const items = this.#waiting;
    this.#waiting = [];
    if (items.length === 0) return [];
    try {
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      const text = decoder.decode(bytesOf(items.map((item) => item.character).join('')));
      return [{ text, items }];
    } catch {
      return items.map((item) => ({ text: hexadecimal(item.character), items: [item] }));
    }
  }
}

export const hexadecimal = (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
