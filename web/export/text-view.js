// A text, each character with its surprise: a tint and, so that colour is never alone, a bar below it.
// It is one control for the keyboard, whose arrow keys move a cursor; beside it stand the
// alternatives to the character at the cursor.
import { hexadecimal } from './alphabet.js';
import { make } from './dom.js';
import { bits } from '../src/lib/probability.js';
import { glyph, percent, spoken } from '../src/lib/words.js';

const MOST = 8; // bits: the full bar
const RIGHT_TO_LEFT =
  /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

// Of the characters of a cell together; NaN where the network did not predict them.
const surprise = (cell) => cell.items.reduce((sum, item) => sum + bits(item.logProbability), 0);
const isUnknown = (cell) => cell.items.some(({ id }) => id < 0);

export class TextView {
  #cells = [];
  #cursor = -1;
  #elements;
  #text;
  #spoken;
  #panel;

  // root: is filled. characters: of the vocabulary; isBytes: they are bytes. choose(items, id): where
  // an alternative may be taken, called with the items before it.
  constructor(root, { label, characters, isBytes, choose = null }) {
    this.characters = characters;
    this.isBytes = isBytes;
    this.choose = choose;
    this.#elements = make('div', { className: 'cells' });
    this.#spoken = make('p', { className: 'unseen' });
    this.#panel = make('div', { className: 'panel' });
    this.#text = make(
      'div',
      {
        className: 'text',
        tabIndex: 0,
        role: 'slider',
        'aria-label': label,
        'aria-valuemin': 1,
      },
      this.#elements,
    );
    root.append(this.#spoken, this.#text, this.#panel);
    this.#text.addEventListener('pointerdown', (event) => this.#press(event));
    this.#text.addEventListener('keydown', (event) => this.#key(event));
    this.#describe();
  }

  clear() {
    this.#cells = [];
    this.#cursor = -1;
    this.#elements.replaceChildren();
    this.#panel.replaceChildren();
    this.finish();
  }

  // cells: {text, items}, of Reader's items; `given` in an item marks what was not written by the
  // network.
  append(cells) {
    const atEnd = this.#text.scrollHeight - this.#text.scrollTop - this.#text.clientHeight < 70;
    this.#cells.push(...cells);
    this.#elements.append(...cells.map((cell) => this.#element(cell)));
    if (atEnd) this.#text.scrollTop = this.#text.scrollHeight;
  }

  // The text is complete: screen readers get it as a whole.
  finish() {
    this.#spoken.textContent = this.text;
    this.#describe();
  }

  get text() {
    return this.#cells.map((cell) => cell.text).join('');
  }

  #element(cell) {
    const value = surprise(cell);
    const element = make('span', { className: 'c' });
    if (cell.text === '\n') element.append(make('span', { className: 'end' }, '↵'), '\n');
    else element.append(/[\t\r]|\P{Cc}/u.test(cell.text) ? cell.text : glyph(cell.text));
    if (cell.items.every(({ given }) => given)) element.classList.add('given');
    if (isUnknown(cell)) element.classList.add('unknown');
    if (value > 0) element.style.setProperty('--a', Math.min(1, value / MOST).toFixed(3));
    return element;
  }

  #moveTo(index) {
    if (this.#cells.length === 0) return;
    this.#elements.children[this.#cursor]?.classList.remove('cursor');
    this.#cursor = Math.min(Math.max(index, 0), this.#cells.length - 1);
    const element = this.#elements.children[this.#cursor];
    element.classList.add('cursor');
    element.scrollIntoView({ block: 'nearest' });
    this.#describe();
    this.#showAlternatives();
  }

  #describe() {
    const cell = this.#cells[Math.max(this.#cursor, 0)];
    this.#text.setAttribute('aria-valuemax', Math.max(this.#cells.length, 1));
    this.#text.setAttribute('aria-valuenow', Math.max(this.#cursor, 0) + 1);
    this.#text.setAttribute('aria-valuetext', cell ? this.#said(cell) : 'no text');
  }

  #said(cell) {
    const name = spoken(cell.text);
    if (isUnknown(cell)) return `${name}, which the network does not know and skips`;
    const value = surprise(cell);
    if (Number.isNaN(value)) return `${name}, the first character, which nothing predicts`;
    return `${name}, ${value.toFixed(1)} bits of surprise`;
  }

  #press(event) {
    const element = event.target.closest('.c');
    if (element) this.#moveTo([...this.#elements.children].indexOf(element));
  }

  #key(event) {
    const at = Math.max(this.#cursor, 0);
    const forward = this.#isRightToLeft(at) ? -1 : 1;
    const moves = {
      ArrowLeft: () => (this.#cursor < 0 ? 0 : at - forward),
      ArrowRight: () => (this.#cursor < 0 ? 0 : at + forward),
      ArrowUp: () => this.#lineStep(at, -1),
      ArrowDown: () => this.#lineStep(at, 1),
      Home: () => 0,
      End: () => this.#cells.length - 1,
    };
    if (!moves[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.#moveTo(moves[event.key]());
  }

  // Whether the line of this cell runs from right to left: its first letter says so.
  #isRightToLeft(index) {
    let begin = index;
    while (begin > 0 && this.#cells[begin - 1].text !== '\n') begin--;
    for (let i = begin; i < this.#cells.length && this.#cells[i].text !== '\n'; i++) {
      if (/\p{L}/u.test(this.#cells[i].text)) return RIGHT_TO_LEFT.test(this.#cells[i].text);
    }
    return false;
  }

  // The nearest cell on the line above or below.
  #lineStep(from, direction) {
    const here = this.#elements.children[from]?.getBoundingClientRect();
    let best = from;
    let distance = Infinity;
    let line = null; // its top
    for (let i = from + direction; i >= 0 && i < this.#cells.length; i += direction) {
      const box = this.#elements.children[i].getBoundingClientRect();
      if ((box.top - here.top) * direction < 4) continue;
      line ??= box.top;
      if (Math.abs(box.top - line) > 4) break;
      if (Math.abs(box.left - here.left) >= distance) continue;
      distance = Math.abs(box.left - here.left);
      best = i;
    }
    return best;
  }

  #showAlternatives() {
    const cell = this.#cells[this.#cursor];
    const before = this.#cells.slice(0, this.#cursor).flatMap(({ items }) => items);
    const said = this.#said(cell);
    this.#panel.replaceChildren(make('p', {}, said[0].toUpperCase() + said.slice(1) + '.'));
    cell.items.forEach((item, i) => {
      if (item.likeliest.length === 0) return;
      const name = cell.items.length > 1 ? `Alternatives to byte ${i + 1}` : 'Alternatives';
      const list = make('ol', { 'aria-label': name, className: 'alternatives' });
      const isListed = item.likeliest.some(({ id }) => id === item.id);
      for (const one of isListed ? item.likeliest : [...item.likeliest, item]) {
        list.append(this.#alternative(one, item, [...before, ...cell.items.slice(0, i)]));
      }
      this.#panel.append(list);
    });
  }

  #alternative({ id, logProbability }, item, before) {
    const share = Math.exp(logProbability);
    const isTaken = id === item.id;
    const character = this.characters[id];
    const shown = this.isBytes && character > '\x7f' ? hexadecimal(character) : glyph(character);
    const can = this.choose && !isTaken;
    const content = [
      make('span', { className: 'unseen' }, `${can ? 'Go on with ' : ''}${spoken(shown)}, `),
      make('span', { className: 'glyph', 'aria-hidden': 'true' }, shown),
      make('span', { className: 'share' }, percent(share)),
    ];
    const row = can
      ? make('button', { onclick: () => this.choose(before, id) }, ...content)
      : make('span', { className: 'row' }, ...content);
    row.style.setProperty('--share', `${(share * 100).toFixed(1)}%`);
    return make('li', isTaken ? { 'aria-current': 'true' } : {}, row);
  }
}
