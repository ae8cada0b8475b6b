// Chromium for the tests: opens pages, listens for everything a page may not do; and servers of a test's own.
import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { chromium } from 'playwright-core';

// Milliseconds for what is waited for: others may use the machine, and trainings from the page are niced.
const PATIENCE = 90000;
const kArguments = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export async function launch() {
  const path = process.env.CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath: path, args: kArguments });
}

// A page that records violations: of the content security policy, of the rule that nothing leaves
// the machine, errors on the console and in scripts.
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.problems = [];
  page.on('console', (message) => {
    if (message.type() === 'error') page.problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => page.problems.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    const local = ['blob:', 'data:', 'file:', 'about:'].includes(protocol);
    if (!local && hostname !== '127.0.0.1') page.problems.push(`request to ${hostname}`);
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  await page.goto(url);
  return page;
}

let shared;
export const browser = async () => (shared ??= await launch());
export const close = async () => (await shared)?.close();

// Opens a view at CHARRNN_URL, or at another server, and waits for its heading.
export async function visit(hash, { at = process.env.CHARRNN_URL, ...options } = {}) {
  const page = await open(await browser(), `${at}#${hash}`, options);
  await page.locator('h1').waitFor();
  return page;
}
export const leave = async (page) => {
  const problems = [...new Set(page.problems)];
  await page.context().close();
  return problems;
};

// The text that a view of it shows, without the marks for line ends.
export const shown_text = (locator) =>
  locator.evaluate((element) => [...element.querySelectorAll('[data-i]')].map((cell) => (cell.querySelector('.end') ? '\n' : cell.textContent)).join(''));

// Opens the table under a picture; its rows are there when this resolves.
export async function open_table(picture) {
  await picture.locator('summary').click();
  const rows = picture.locator('tbody tr');
  await rows.first().waitFor();
  return rows;
}

// A new folder among the served runs, gone when the test is over, however it ends.
export async function run_folder(t, name) {
  const folder = `${process.env.CHARRNN_RUNS}/${name}`;
  await mkdir(folder);
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

// Runs the program; resolves when it has ended well.
export const run_program = (...words) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.env.CHARRNN, words, { stdio: ['ignore', 'ignore', 'inherit'] });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${words[0]}: exit ${code}`))));
  });

// A server of one's own: {url, port, stop()}.
export async function serve(folder, ...options) {
  const child = spawn(process.env.CHARRNN, ['serve', folder, '--json', ...options], { stdio: ['ignore', 'pipe', 'ignore'] });
  const line = await new Promise((resolve, reject) => {
    child.stdout.once('data', (data) => resolve(String(data)));
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const { url } = JSON.parse(line.split('\n')[0]);
  const stop = () =>
    new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode) return resolve();
      child.once('exit', resolve);
      child.kill('SIGKILL');
    });
  return { url: `${url}/`, port: new URL(url).port, stop };
}

// Asks the server itself, as the page does.
export async function ask(path, body) {
  const response = await fetch(`${process.env.CHARRNN_URL}charrnn/v1/${path}`, body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
