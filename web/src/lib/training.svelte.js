// What is known of one run's training: its curves, samples and configuration, kept up to date.
import * as api from './api.js';
import { addLine } from './series.js';

const POINTS = 2000;
const TOGETHER = 200; // milliseconds

export class Training {
  id;
  series = $state.raw({});
  last = $state.raw(null);
  notes = $state.raw([]);
  samples = $state.raw([]);
  config = $state.raw('');
  error = $state('');
  #lines = 0;
  #loads = 0;
  // Lines heard while a load is under way, whose answer may be older than they are; else null.
  #heard = null;
  // Lines to be drawn together.
  #new = [];

  constructor(id) {
    this.id = id;
    this.load();
  }

  async load() {
    const optional = (promise, fallback) => promise.catch(() => fallback);
    const load = ++this.#loads;
    this.#heard = [];
    try {
      const [metrics, { samples }, config] = await Promise.all([
        api.metrics(this.id, POINTS),
        optional(api.samples(this.id), { samples: [] }),
        optional(api.config(this.id), ''),
      ]);
      if (load !== this.#loads) return; // a later one knows more
      Object.assign(this, {
        series: metrics.series,
        last: metrics.last,
        notes: metrics.notes ?? [],
        samples,
        config,
        error: '',
      });
      this.#lines = 0;
      this.#add(this.#heard.filter((line) => line.step > (metrics.last?.step ?? -1)));
      [this.#heard, this.#new] = [null, []];
    } catch (error) {
      if (load !== this.#loads) return;
      this.error = error.message;
      this.#heard = null;
    }
  }

  hear(name, data) {
    if (name === 'snapshot') this.load();
    if (data.run !== this.id) return;
    if (name === 'sample') this.samples = [...this.samples, data.sample];
    if (name !== 'metrics') return;
    if (!('step' in data.line)) return void (this.notes = [...this.notes, data.line]);
    this.#heard?.push(data.line);
    this.#new.push(data.line);
    if (this.#new.length === 1) setTimeout(() => this.#show(), TOGETHER);
  }

  // A small network reports hundreds of times a second: what comes close together is drawn at once.
  #show() {
    const lines = this.#new;
    this.#new = [];
    this.#lines += lines.length;
    this.#add(lines);
    if (this.#lines > POINTS && !this.#heard) this.load(); // thinned anew by the server
  }

  #add(lines) {
    if (!lines.length) return;
    const copy = Object.fromEntries(
      Object.entries(this.series).map(([key, one]) => [
        key,
        { step: [...one.step], value: [...one.value] },
      ]),
    );
    for (const line of lines) addLine(copy, line);
    this.series = copy;
    this.last = lines.at(-1);
  }
}
