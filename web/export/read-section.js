// The network reads any text: how much each character surprises it.
import { CellMaker } from './alphabet.js';
import { make } from './dom.js';
import { run } from './slices.js';
import { TextView } from './text-view.js';
import { listed } from './unknown.js';
import { bits } from '../src/lib/probability.js';

const LONGEST = 50000; // characters, each of them an element

export class ReadSection {
  #abort = new AbortController();

  constructor(root, reader) {
    this.reader = reader;
    this.alphabet = reader.alphabet;
    this.box = root.querySelector('[name=text]');
    this.status = root.querySelector('[role=status]');
    this.note = root.querySelector('.note');
    this.view = new TextView(root.querySelector('.view'), {
      label: 'The text that is read; arrow keys go from character to character',
      characters: this.alphabet.characters,
      isBytes: this.alphabet.isBytes,
    });
    this.box.addEventListener('input', () => this.read());
  }

  async read() {
    this.#abort.abort();
    const abort = (this.#abort = new AbortController());
    const all = this.alphabet.read(this.box.value);
    const characters = all.slice(0, LONGEST);
    this.#note(all.length, characters);
    this.view.clear();
    this.status.textContent = characters.length > 0 ? 'Reading …' : '';
    const maker = new CellMaker(this.alphabet.isBytes);
    let sum = 0; // bits
    let predicted = 0;
    const show = (slice) => {
      if (this.#abort !== abort) return; // another text has taken its place
      for (const { logProbability } of slice) {
        if (Number.isNaN(logProbability)) continue;
        sum += bits(logProbability);
        predicted++;
      }
      this.view.append(slice.flatMap((item) => maker.add(item)));
    };
    await run(this.reader.read(characters), show, abort.signal);
    if (this.#abort !== abort) return;
    this.view.append(maker.finish());
    this.view.finish();
    if (predicted > 0) this.#report(sum / predicted, predicted);
    else this.status.textContent = '';
  }

  #note(size, characters) {
    const unknown = listed(characters);
    const notes = [
      unknown && `The network does not know ${unknown} and skips them.`,
      size > LONGEST && `Only the first ${LONGEST.toLocaleString('en')} characters are read.`,
    ];
    this.note.textContent = notes.filter(Boolean).join(' ');
  }

  #report(mean, predicted) {
    this.status.replaceChildren(
      make('data', { value: String(mean) }, mean.toFixed(3)),
      ` bits of surprise for each of ${predicted.toLocaleString('en')} ${this.alphabet.isBytes ? 'bytes' : 'characters'}: as much as a choice among ${(2 ** mean).toFixed(1)}.`,
    );
  }
}
