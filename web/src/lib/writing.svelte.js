// A text as it is written: the characters with their alternatives, and how it ended.
import * as api from './api.js';

export class Writing {
  characters = $state.raw([]); // {text, log_probability, top, prompt}
  busy = $state(false);
  error = $state('');
  speed = $state(0);
  finish = $state('');
  #abort = null;

  // Streams a text; characters that come within one frame are shown together.
  async write(settings) {
    this.stop();
    const abort = new AbortController();
    this.#abort = abort;
    Object.assign(this, { characters: [], busy: true, error: '', speed: 0, finish: '' });
    let collected = [];
    let frame = 0;
    const show = () => {
      frame = 0;
      if (this.#abort === abort) this.characters = collected;
    };
    try {
      for await (const part of api.generate(settings, abort.signal)) {
        if (this.#abort !== abort) return;
        if (part.characters) {
          collected = collected.concat(part.characters);
          frame ||= requestAnimationFrame(show);
        } else if (part.done) {
          this.speed = part.done.characters_per_second;
          this.finish = part.done.finish_reason;
        }
      }
    } catch (error) {
      if (api.isWorthSaying(error) && this.#abort === abort) this.error = error.message;
    } finally {
      if (frame) cancelAnimationFrame(frame);
      if (this.#abort === abort) {
        this.characters = collected;
        this.busy = false;
      }
    }
  }

  stop() {
    this.#abort?.abort();
    this.#abort = null;
    this.busy = false;
  }

  get text() {
    return this.characters.map((one) => one.text).join('');
  }
}
