// What every view shares: the state in the address, the runs that are served, the theme.
import * as api from './api.js';
import { format, parse } from './address.js';
import { listen } from './events.js';

export const address = $state(parse(location.hash));

// Changes the address; a change of view makes an entry in the browser's history.
export function go(changes) {
  const viewChanges = 'view' in changes && changes.view !== address.view;
  Object.assign(address, changes);
  if (viewChanges) history.pushState(null, '', format(address));
}

// A link to another view of the same model, with everything else as it is.
export const linkTo = (view) => format({ ...address, view });

let pending;
export function keepAddress() {
  const hash = format(address);
  clearTimeout(pending);
  pending = setTimeout(() => {
    if (location.hash !== hash) history.replaceState(null, '', hash);
  }, 150);
}
addEventListener('popstate', () => {
  clearTimeout(pending);
  Object.assign(address, parse(location.hash));
});

export const served = $state({
  runs: [],
  fallback: '',
  ready: false,
  error: '',
  gone: false,
  locked: false,
});
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
    served.gone = name === 'shutdown';
    if (data.runs) served.runs = data.runs;
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
  served.runs.some((run) => run.id === address.model) ? address.model : served.fallback;

const facts = new Map();
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
