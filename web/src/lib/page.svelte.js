// What every view shares: the state in the address, the runs that are served, the theme.
import * as api from './api.js';
import { OF_MODEL, format, parse } from './address.js';
import { listen } from './events.js';

export const address = $state(parse(location.hash));

const replaceEntry = () => {
  clearTimeout(pending);
  if (location.hash !== format(address)) history.replaceState(null, '', format(address));
};
// A step that the browser's Back undoes: another view or model, a pick, a fork. What is merely set (a
// slider, a text) is assigned to the address and changes the entry that one is at.
export function go(changes) {
  replaceEntry();
  Object.assign(address, changes);
  if (location.hash !== format(address)) history.pushState(null, '', format(address));
}
const initial = parse('');
export const goToModel = (model) =>
  go({ model, ...Object.fromEntries(OF_MODEL.map((name) => [name, initial[name]])) });

// A link to another view of the same model, with everything else as it is.
export const linkTo = (view) => format({ ...address, view });

let pending;
export function keepAddress() {
  void format(address);
  clearTimeout(pending);
  pending = setTimeout(replaceEntry, 150);
}
// How often one has gone back or forward: views that hold more than the address begin again from it.
export const travels = $state({ count: 0 });
addEventListener('popstate', () => {
  clearTimeout(pending);
  Object.assign(address, parse(location.hash));
  travels.count += 1;
});

export const served = $state({
  runs: [],
  fallback: '',
  ready: false,
  error: '',
  lost: false, // the server does not answer
  revived: 0, // how often it has come back after a request had failed
  locked: false,
});
let failed = false;
api.watchConnection(() => (served.lost = failed = true));
function revive() {
  served.lost = false;
  facts.clear(); // it may serve other models now
  if (failed) served.revived += 1;
  failed = false;
}
const facts = new Map();
const listeners = new Set();
// Calls handle(event name, data) for news of the runs; returns how to stop.
export function onNews(handle) {
  listeners.add(handle);
  return () => listeners.delete(handle);
}

export async function loadRuns() {
  try {
    const { runs, default: fallback } = await api.runs();
    Object.assign(served, {
      runs,
      fallback: fallback ?? '',
      ready: true,
      error: '',
      locked: false,
    });
  } catch (error) {
    const locked = error.status === 401;
    Object.assign(served, { ready: true, error: locked ? '' : error.message, locked });
  }
}

let stopListening = () => {};
// Loads what is served and follows the news of it; again once the server's key has been given.
export async function start() {
  stopListening();
  stopListening = () => {};
  await loadRuns();
  if (served.locked) return;
  stopListening = listen((name, data) => {
    if (name === 'locked') return void (served.locked = true);
    if (name === 'lost') served.lost = true;
    if (name === 'open' && served.lost) revive();
    if (data.runs) served.runs = data.runs;
    if (data.default !== undefined) served.fallback = data.default;
    if (name === 'model') {
      facts.delete(data.run);
      const run = served.runs.find((one) => one.id === data.run);
      if (run) Object.assign(run, { version: data.version, has_model: true });
    }
    for (const handle of listeners) handle(name, data);
  });
}
export async function unlock(key) {
  api.setKey(key);
  facts.clear();
  await start();
}

// The model that the page looks at: the address's, or the server's default.
export const current = () =>
  served.runs.some((run) => run.id === address.model)
    ? address.model
    : served.fallback || (served.runs[0]?.id ?? '');
// Whether a run is being trained, as far as one can know.
export const isTraining = (run) => Boolean(run?.training && !served.lost);

// The facts of a model (cell, sizes, vocabulary, …); loads it on the server.
export function factsOf(id) {
  if (!facts.has(id)) {
    const promise = api.run(id);
    promise.catch(() => facts.delete(id));
    facts.set(id, promise);
  }
  return facts.get(id);
}

const THEME = 'charrnn-theme';
export const theme = $state({ choice: 'auto', dark: false });
export function startTheme() {
  const prefers = matchMedia('(prefers-color-scheme: dark)');
  try {
    theme.choice = localStorage.getItem(THEME) ?? 'auto';
  } catch {
    // storage may be forbidden: then the choice lasts for the visit
  }
  const apply = () => {
    theme.dark = theme.choice === 'dark' || (theme.choice === 'auto' && prefers.matches);
    document.documentElement.dataset.theme = theme.dark ? 'dark' : 'light';
  };
  prefers.addEventListener('change', apply);
  apply();
  return {
    choose(choice) {
      theme.choice = choice;
      try {
        localStorage.setItem(THEME, choice);
      } catch {
        // as above
      }
      apply();
    },
  };
}
