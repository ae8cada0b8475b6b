// Long work in slices, between which the browser paints and answers.
const SLICE = 10; // milliseconds
const PAUSE = 40; // at least, between two times that something is shown

// Not setTimeout(), which waits for 4 ms.
const channel = new MessageChannel();
const resumed = [];
channel.port1.onmessage = () => resumed.shift()();
const pause = () =>
  new Promise((resolve) => {
    resumed.push(resolve);
    channel.port2.postMessage(null);
  });

// Runs a generator; show() gets what it has yielded since the last call. It is called as often as a
// reader can follow, and takes a fifth of the time at most: a long text is laid out anew each time.
// Resolves to what the generator returns, or to null where signal ends it.
export async function run(steps, show, signal) {
  let waiting = []; // to be shown
  let next = 0; // when, in milliseconds
  for (;;) {
    await pause();
    if (signal.aborted) {
      show(waiting);
      return null;
    }
    const end = performance.now() + SLICE;
    let step;
    do {
      step = steps.next();
      if (!step.done) waiting.push(step.value);
    } while (!step.done && performance.now() < end);
    const begun = performance.now();
    if (!step.done && begun < next) continue;
    show(waiting);
    waiting = [];
    const now = performance.now();
    next = now + Math.max(PAUSE, 4 * (now - begun));
    if (step.done) return step.value;
  }
}
