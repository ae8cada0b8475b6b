// The network writes: as one types a beginning or changes how it chooses, it writes on from there.
import { CellMaker } from './alphabet.js';
import { run } from './slices.js';
import { TextView } from './text-view.js';
import { listed } from './unknown.js';

const SEEDS = 2n ** 64n;
const escapes = { n: '\n', t: '\t', r: '\r', '\\': '\\' };
const unescaped = (text) => text.replace(/\\([ntr\\])/g, (_, letter) => escapes[letter]);

export class WriteSection {
  #past = []; // beginnings before an alternative was taken: {value, given}
  #given = null; // characters that the text begins with in place of what the box says: it cannot hold
  // every one of them as it is
  #abort = new AbortController();

  constructor(root, reader) {
    this.reader = reader;
    this.alphabet = reader.alphabet;
    const find = (name) => root.querySelector(`[name=${name}]`);
    this.beginning = find('beginning');
    this.settings = Object.fromEntries(
      ['temperature', 'topK', 'topP', 'minP', 'length', 'seed', 'stop'].map((name) => [
        name,
        find(name),
      ]),
    );
    this.buttons = Object.fromEntries(
      ['write', 'halt', 'another', 'back', 'copy', 'print'].map((name) => [name, find(name)]),
    );
    this.status = root.querySelector('[role=status]');
    this.note = root.querySelector('.note');
    this.view = new TextView(root.querySelector('.view'), {
      label: 'What the network writes; arrow keys go from character to character',
      characters: this.alphabet.characters,
      isBytes: this.alphabet.isBytes,
      choose: (before, id) => this.#choose(before, id),
    });
    this.#listen();
  }

  #listen() {
    const { write, halt, another, back, copy, print } = this.buttons;
    this.beginning.addEventListener('input', () => {
      this.#given = null;
      this.#past = [];
      this.write();
    });
    for (const input of Object.values(this.settings)) {
      input.addEventListener('input', () => this.write());
    }
    write.addEventListener('click', () => this.write());
    halt.addEventListener('click', () => this.#abort.abort());
    another.addEventListener('click', () => {
      this.settings.seed.value = crypto.getRandomValues(new Uint32Array(1))[0];
      this.write();
    });
    back.addEventListener('click', () => {
      const { value, given } = this.#past.pop();
      this.beginning.value = value;
      this.#given = given;
      this.write();
    });
    copy.addEventListener('click', () => this.#copy());
    print.addEventListener('click', () => window.print());
  }

  // Of draw() and Reader.write(); null where one is no setting, which its box then shows.
  #chosen() {
    const { temperature, topK, topP, minP, length, seed, stop } = this.settings;
    const isSeed = /^\d{1,20}$/.test(seed.value) && BigInt(seed.value) < SEEDS;
    seed.setCustomValidity(isSeed ? '' : 'A whole number from 0 to 18446744073709551615');
    const inputs = Object.values(this.settings);
    const wrong = inputs.find(
      (input) => !input.checkValidity() || (input !== stop && input.value === ''),
    );
    for (const input of inputs) input.setAttribute('aria-invalid', input === wrong);
    if (wrong) {
      this.status.textContent = `${wrong.labels[0].textContent.trim()}: ${wrong.validationMessage || 'a number is needed'}`;
      return null;
    }
    return {
      temperature: temperature.valueAsNumber,
      topK: topK.valueAsNumber,
      topP: topP.valueAsNumber,
      minP: minP.valueAsNumber,
      length: length.valueAsNumber,
      seed: BigInt(seed.value),
      stop: stop.value ? [unescaped(stop.value)] : [],
    };
  }

  async write() {
    this.#abort.abort();
    const abort = (this.#abort = new AbortController());
    this.buttons.back.hidden = this.#past.length === 0;
    this.view.clear();
    const settings = this.#chosen();
    if (!settings) return this.#setBusy(false);
    const characters = this.#given ?? this.alphabet.read(this.beginning.value);
    const unknown = listed(characters);
    this.note.textContent = unknown && `The network does not know ${unknown} and skips them.`;
    this.#setBusy(true);
    let maker = new CellMaker(this.alphabet.isBytes);
    const items = [];
    const show = (slice) => {
      if (this.#abort !== abort) return; // another text has taken its place
      const fresh = slice.filter(Boolean);
      items.push(...fresh);
      this.view.append(fresh.flatMap((item) => maker.add(item)));
    };
    const begun = performance.now();
    try {
      const end = await run(this.#steps(characters, settings), show, abort.signal);
      if (this.#abort !== abort) return;
      if (end?.dropped) {
        const kept = items.splice(0, items.length - end.dropped);
        this.view.clear();
        maker = new CellMaker(this.alphabet.isBytes);
        items.splice(0);
        show(kept);
      }
      this.view.append(maker.finish());
      this.#report(items, (performance.now() - begun) / 1000, end);
    } catch (error) {
      if (this.#abort !== abort) return;
      this.status.textContent = `It cannot write: ${error.message}.`;
    }
    this.view.finish();
    this.#setBusy(false);
  }

  *#steps(characters, settings) {
    for (const item of this.reader.read(characters)) yield { ...item, given: true };
    const ids = characters.map(({ id }) => id).filter((id) => id >= 0);
    return yield* this.reader.write(ids, settings);
  }

  #report(items, seconds, end) {
    const written = items.filter(({ given }) => !given).length;
    const how = !end ? ', then stopped' : end.finish === 'stop' ? ', up to the stop string' : '';
    const speed = Math.round(items.length / seconds).toLocaleString('en');
    this.status.textContent = `${written.toLocaleString('en')} characters written${how}; ${speed} a second.`;
  }

  #setBusy(isBusy) {
    this.buttons.halt.disabled = !isBusy;
    if (isBusy) this.status.textContent = 'Writing …';
  }

  #choose(before, id) {
    this.#past.push({ value: this.beginning.value, given: this.#given });
    const known = before.filter((item) => item.id >= 0);
    this.#given = [...known, { id, character: this.alphabet.characters[id] }];
    this.beginning.value = this.alphabet.text(this.#given.map((item) => item.id));
    this.write();
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.view.text);
      this.status.textContent = 'Copied.';
    } catch {
      this.status.textContent = 'The browser does not let this page copy: select the text instead.';
    }
  }
}
