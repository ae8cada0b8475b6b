// How fast the page is, in headless Chromium without a GPU:
//   node bench/page_speed.mjs URL [ROUNDS]
// URL: a server's address whose default model has layers of 512 units, such as that of
//   charrnn serve model.safetensors --port 0
// First paint and bytes over the network, cold; then the heat map of 512 units × 2000 characters while it is dragged and while
// the unit changes: frames a second, and how much of each frame the page's own thread was at work.
import { launch, open } from '../tests/browser/browser.mjs';

const [url, rounds = '5'] = process.argv.slice(2);
const browser = await launch();
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const text = 'the quick brown fox said that it was late, and the dog slept on. '.repeat(31).slice(0, 2000);

async function paint() {
  const page = await open(browser, url);
  await page.locator('h1').waitFor();
  await page.waitForTimeout(1000); // the stream of events never ends: no waiting for silence
  const figures = await page.evaluate(() => {
    const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    return {
      paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
      bytes: entries.filter((e) => !e.name.includes('/charrnn/v1/')).reduce((sum, e) => sum + e.encodedBodySize, 0),
    };
  });
  await page.context().close();
  return figures;
}
const paints = [];
for (let i = 0; i < Number(rounds); i++) paints.push(await paint());
console.log(`first paint: median ${median(paints.map((p) => p.paint)).toFixed(0)} ms, most ${Math.max(...paints.map((p) => p.paint)).toFixed(0)} ms; ${(paints[0].bytes / 1000).toFixed(0)} kB of files, compressed`);

const page = await open(browser, `${url}#view=inside&text=${encodeURIComponent(text)}&unit=0.0`);
page.setDefaultTimeout(60000);
const map = page.getByRole('slider', { name: /^Heat map/ });
await map.waitFor();
await map.scrollIntoViewIfNeeded();
const chrome = await page.context().newCDPSession(page);
await chrome.send('Performance.enable');
const task_seconds = async () => (await chrome.send('Performance.getMetrics')).metrics.find((m) => m.name === 'TaskDuration').value;

// Frames while `act` runs in the page, once a frame.
async function frames(name, act, seconds = 4) {
  const before = await task_seconds();
  const times = await page.evaluate(
    ([source, duration]) =>
      new Promise((done) => {
        const step = new Function('canvas', 'frame', source);
        const canvas = document.querySelector('canvas[role=slider]');
        const stamps = [];
        const tick = (now) => {
          stamps.push(now);
          if (now - stamps[0] > 1000 * duration) return done(stamps);
          step(canvas, stamps.length);
          requestAnimationFrame(tick);
        };
        requestAnimationFrame(tick);
      }),
    [act, seconds],
  );
  const busy = (1000 * ((await task_seconds()) - before)) / times.length;
  const gaps = times.slice(1).map((t, i) => t - times[i]).sort((a, b) => a - b);
  const rate = (1000 * gaps.length) / (times.at(-1) - times[0]);
  console.log(`heat map, ${name}: ${rate.toFixed(1)} frames a second, frame median ${median(gaps).toFixed(1)} ms, p95 ${gaps[Math.floor(0.95 * gaps.length)].toFixed(1)} ms; ${busy.toFixed(2)} ms of work a frame`);
}
const pointer = (kind, x) => `canvas.dispatchEvent(new PointerEvent('${kind}', { pointerId: 1, clientX: box.left + ${x}, clientY: box.top + 200, bubbles: true }));`;
await frames('nothing happens', '');
await frames('dragged', `const box = canvas.getBoundingClientRect(); canvas.setPointerCapture = () => {};
  if (frame % 120 === 1) { ${pointer('pointerdown', 600)} }
  ${pointer('pointermove', '600 - (frame % 120 < 60 ? frame % 120 : 120 - (frame % 120)) * 8')}
  if (frame % 120 === 0) { ${pointer('pointerup', 600)} }`);
const key = (name) => `canvas.dispatchEvent(new KeyboardEvent('keydown', { key: ${name}, bubbles: true, cancelable: true }));`;
await frames('zoomed', key("frame % 40 < 20 ? '+' : '-'"));
await frames('walked along the text', key("frame % 200 < 100 ? 'ArrowRight' : 'ArrowLeft'"));
await frames('unit changed', key("frame % 200 < 100 ? 'ArrowDown' : 'ArrowUp'"));
await browser.close();
