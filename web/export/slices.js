// Long work in slices, between which the browser paints and answers.
const SLICE = 10; // milliseconds

// Not setTimeout(), which waits for 4 ms.
const channel = new MessageChannel();
const waiting = [];
channel.port1.onmessage = () => waiting.shift()();
const pause = () =>
  new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(null);
  });

// Runs a generator; show() gets what it has yielded in each slice. Resolves to what it returns, or to
// null where signal ends it.
export async function run(steps, show, signal) {
  for (;;) {
    await pause();
    if (signal.aborted) return null;
    const end = performance.now() + SLICE;
    const slice = [];
    let step;
    do {
      step = steps.next();
      if (!step.done) slice.push(step.value);
    } while (!step.done && performance.now() < end);
    show(slice);
    if (step.done) return step.value;
  }
}
