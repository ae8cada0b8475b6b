// How fast exported pages write, in headless Chromium without a GPU:
//   node bench/exported_page_speed.mjs FILE.html… [--characters N]
// Characters a second of the clock, and of the processor time of the page's own thread, which other
// programs on the machine disturb less; medians of five texts, and the best. Layout of the text is part of both.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { launch, open } from '../tests/browser/browser.mjs';

const { positionals, values } = parseArgs({ allowPositionals: true, options: { characters: { type: 'string', default: '2000' } } });
const browser = await launch();
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

for (const file of positionals) {
  const page = await open(browser, pathToFileURL(path.resolve(file)).href);
  page.setDefaultTimeout(300000);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busy = async () => (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration').value;
  const status = page.locator('#write [role=status]').getByText('characters written');
  await status.waitFor();
  await page.locator('[name=length]').fill(values.characters);
  await status.waitFor();
  const clock = [];
  const own = [];
  for (let seed = 2; seed < 7; seed++) {
    const before = await busy();
    const begun = performance.now();
    await page.locator('[name=seed]').fill(String(seed));
    await status.waitFor();
    clock.push((values.characters / (performance.now() - begun)) * 1000);
    own.push(values.characters / ((await busy()) - before));
  }
  const said = (list) => `${median(list).toFixed(0)} (best ${Math.max(...list).toFixed(0)})`;
  console.log(`${path.basename(file)}: ${said(clock)} characters a second of the clock, ${said(own)} of the page's own thread`);
  await page.context().close();
}
await browser.close();
