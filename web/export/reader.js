// Reads texts and writes them. What it reads and writes comes as items, a character each:
//
//   {id, character, logProbability, likeliest}
//
// logProbability is the natural logarithm of the probability that the network gave this character:
// NaN for the first one of a text, and for one that it does not know (id −1), which it skips.
// likeliest: its first alternatives.
import { clearState, copyState } from './network.js';
import { predictions } from './predictions.js';
import { draw, uniforms } from './sampler.js';

export class Reader {
  #ids = []; // what was read last: a text that begins with it goes on from there
  #items = [];
  #state;
  #scores = null; // of the character after it

  // border: the id before which the network forgets, where it has learnt separate documents; else −1.
  constructor(network, alphabet, border) {
    this.network = network;
    this.alphabet = alphabet;
    this.border = border;
    this.#state = network.newState();
  }

  // Yields an item for each of `characters` ({id, character}), the known ones of which it reads.
  *read(characters) {
    const known = characters.filter(({ id }) => id >= 0);
    if (!this.#ids.every((id, i) => known[i]?.id === id)) this.#forget();
    let place = 0;
    for (const { id, character } of characters) {
      if (id < 0) {
        yield { id, character, logProbability: NaN, likeliest: [] };
        continue;
      }
      if (place === this.#ids.length) {
        this.#items.push(this.#item(id, this.#scores));
        this.#ids.push(id);
        this.#scores = this.#advance(id, this.#state).slice();
      }
      yield { ...this.#items[place++], character };
    }
  }

  // Reads `ids` and yields an item for each character that follows. settings: of draw(), and seed,
  // length (characters), stop: a list of strings, before the first of which the text ends. Returns
  // why it ended: "length", or "stop" and then how many of the last items belong to the string.
  *write(ids, settings) {
    for (const _ of this.read(ids.map((id) => ({ id })))) yield null; // the time to stop
    const start = Math.max(this.alphabet.characters.indexOf('\n'), 0);
    const state = ids.length > 0 ? copyState(this.#state) : this.network.newState();
    let scores = ids.length > 0 ? this.#scores : this.#advance(start, state);
    const uniform = uniforms(settings.seed);
    const stops = settings.stop.map((stop) =>
      this.alphabet.read(stop).map(({ character }) => character),
    );
    const written = [];
    for (let position = 0; position < settings.length; position++) {
      const id = draw(scores, settings, uniform(position));
      written.push(this.alphabet.characters[id]);
      yield this.#item(id, scores);
      const stopped = stops.filter((stop) => endsWith(written, stop));
      if (stopped.length > 0) {
        return { finish: 'stop', dropped: Math.max(...stopped.map((stop) => stop.length)) };
      }
      if (position + 1 < settings.length) scores = this.#advance(id, state);
    }
    return { finish: 'length', dropped: 0 };
  }

  #forget() {
    this.#ids = [];
    this.#items = [];
    this.#scores = null;
    clearState(this.#state);
  }

  #advance(id, state) {
    if (id === this.border) clearState(state);
    return this.network.advance(id, state);
  }

  #item(id, scores) {
    const character = this.alphabet.characters[id];
    if (!scores) return { id, character, logProbability: NaN, likeliest: [] };
    const { logProbability, likeliest } = predictions(scores);
    return { id, character, logProbability: logProbability(id), likeliest };
  }
}

function endsWith(characters, stop) {
  const begin = characters.length - stop.length;
  return begin >= 0 && stop.every((character, i) => characters[begin + i] === character);
}
