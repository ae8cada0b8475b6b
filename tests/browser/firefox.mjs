// Firefox for the tests, driven by Marionette, the protocol that is built into it: messages are JSON
// arrays, each after its length in bytes and a colon.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const kPath = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
export const has_firefox = existsSync(kPath);

// No first-run pages, no requests of the browser's own, any free port.
const kPreferences = {
  'marionette.port': 0,
  'app.update.disabledForTesting': true,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': '',
  'toolkit.telemetry.reportingpolicy.firstRun': false,
  'ui.prefersReducedMotion': 1,
};

async function port_of(profile, child) {
  for (let i = 0; i < 600 && child.exitCode === null; i++) {
    const port = Number(await readFile(join(profile, 'MarionetteActivePort'), 'utf8').catch(() => ''));
    if (port) return port;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Firefox does not start (exit code ${child.exitCode})`);
}

class Marionette {
  #socket;
  #rest = Buffer.alloc(0);
  #waiting = new Map(); // command number → {resolve, reject}
  #last = 0;

  constructor(port) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (data) => this.#read(data));
    this.ready = new Promise((resolve, reject) => {
      this.#waiting.set(0, { resolve, reject }); // the greeting
      this.#socket.on('error', reject);
    });
    this.#socket.on('close', () => this.#waiting.forEach(({ reject }) => reject(new Error('Firefox has gone'))));
  }

  #read(data) {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (;;) {
      const colon = this.#rest.indexOf(':');
      const size = Number(this.#rest.subarray(0, colon));
      if (colon < 0 || this.#rest.length < colon + 1 + size) return;
      const message = JSON.parse(this.#rest.subarray(colon + 1, colon + 1 + size));
      this.#rest = this.#rest.subarray(colon + 1 + size);
      const [, number, error, result] = Array.isArray(message) ? message : [1, 0, null, message];
      const waiting = this.#waiting.get(number);
      this.#waiting.delete(number);
      if (error) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result);
    }
  }

  send(name, parameters = {}) {
    const number = ++this.#last;
    const text = Buffer.from(JSON.stringify([0, number, name, parameters]));
    this.#socket.write(Buffer.concat([Buffer.from(`${text.length}:`), text]));
    return new Promise((resolve, reject) => this.#waiting.set(number, { resolve, reject }));
  }

  close() {
    this.#socket.destroy();
  }
}

// A window: visit(url), run(function's source, ...arguments) → what it resolves with, resize(), quit().
export async function launch_firefox() {
  const profile = await mkdtemp(join(tmpdir(), 'firefox-'));
  const lines = Object.entries(kPreferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
  await writeFile(join(profile, 'user.js'), lines.join(''));
  const child = spawn(kPath, ['--headless', '--marionette', '--no-remote', '--profile', profile, 'about:blank'], {
    stdio: 'ignore',
    env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: '1' },
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const marionette = new Marionette(await port_of(profile, child));
  await marionette.ready;
  await marionette.send('WebDriver:NewSession', { capabilities: { alwaysMatch: { timeouts: { script: 60000, pageLoad: 60000 } } } });
  return {
    visit: (url) => marionette.send('WebDriver:Navigate', { url }),
    async run(script, ...args) {
      const body = `const resolve = arguments[arguments.length - 1]; Promise.resolve().then(async () => { ${script} }).then((value) => resolve({ value }), (error) => resolve({ error: String(error) }));`;
      const { value } = await marionette.send('WebDriver:ExecuteAsyncScript', { script: body, args });
      if (value.error) throw new Error(value.error);
      return value.value;
    },
    resize: (width, height) => marionette.send('WebDriver:SetWindowRect', { width, height }),
    async picture(path) {
      const { value } = await marionette.send('WebDriver:TakeScreenshot', { full: false });
      await writeFile(path, Buffer.from(value, 'base64'));
    },
    async quit() {
      await marionette.send('Marionette:Quit', { flags: ['eForceQuit'] }).catch(() => {});
      marionette.close();
      await gone;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
