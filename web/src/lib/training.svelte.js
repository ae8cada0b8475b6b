// What is known of one run's training: its curves, samples and configuration, kept up to date.
import * as api from './api.js';
import { add_line } from './series.js';

const kPoints = 2000;

export class Training {
  id;
  series = $state.raw({});
  last = $state.raw(null);
  notes = $state.raw([]);
  samples = $state.raw([]);
  config = $state.raw('');
  error = $state('');
  #lines = 0;

  constructor(id) {
    this.id = id;
    this.load();
  }

  async load() {
    const optional = (promise, fallback) => promise.catch(() => fallback);
    try {
      const [metrics, { samples }, config] = await Promise.all([
        api.metrics(this.id, kPoints),
        optional(api.samples(this.id), { samples: [] }),
        optional(api.config(this.id), ''),
      ]);
      Object.assign(this, { series: metrics.series, last: metrics.last, notes: metrics.notes ?? [], samples, config, error: '' });
      this.#lines = 0;
    } catch (error) {
      this.error = error.message;
    }
  }

  hear(name, data) {
    if (name === 'snapshot') this.load();
    if (data.run !== this.id) return;
    if (name === 'sample') this.samples = [...this.samples, data.sample];
    if (name !== 'metrics') return;
    if (!('step' in data.line)) return void (this.notes = [...this.notes, data.line]);
    if (++this.#lines > kPoints) return void this.load(); // thinned anew by the server
    const copy = Object.fromEntries(Object.entries(this.series).map(([key, one]) => [key, { step: [...one.step], value: [...one.value] }]));
    add_line(copy, data.line);
    this.series = copy;
    this.last = data.line;
  }
}
