// Pictures of every view:   node screenshots.mjs URL FOLDER [VIEW,…] [WIDTH,…] [light,dark] [more of the address]
import { mkdir } from 'node:fs/promises';
import { launch, open } from './browser.mjs';

const [url, folder, views = 'train,write,read,inside,memory,tour', widths = '360,768,1280,1920', themes = 'light,dark', more = ''] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const browser = await launch();
for (const theme of themes.split(',')) {
  for (const width of widths.split(',').map(Number)) {
    for (const view of views.split(',')) {
      const page = await open(browser, `${url}#view=${view}&${more}`, { viewport: { width, height: width < 600 ? 800 : 1000 }, colorScheme: theme });
      await page.waitForLoadState('networkidle', { timeout: 5000 }).catch(() => {});
      await page.waitForTimeout(700);
      await page.screenshot({ path: `${folder}/${view}-${width}-${theme}.png`, fullPage: true });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) console.log(`${view} ${width}: ${wide} px too wide`);
      for (const problem of new Set(page.problems)) console.log(`${view} ${width} ${theme}: ${problem}`);
      await page.context().close();
    }
  }
}
await browser.close();
