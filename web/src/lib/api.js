// The server's endpoints (docs/api.md), one function each. Errors are thrown with the server's own
// words; an aborted request throws an AbortError, a server that does not answer an ApiError of status 0
// (of which the page as a whole tells).
import { readSafetensors } from './safetensors.js';

const BASE = 'charrnn/v1/';

export class ApiError extends Error {
  constructor(status, message, code, param) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
  }
}

// Whether a view should show the problem of a request.
export const isWorthSaying = (problem) => problem.name !== 'AbortError' && problem.status !== 0;

let onLost = () => {};
// Calls handle() whenever the server does not answer.
export const watchConnection = (handle) => (onLost = handle);
function unanswered(error) {
  if (error.name === 'AbortError') return error;
  onLost();
  return new ApiError(0, 'the server does not answer');
}

async function fail(response) {
  let error = {};
  try {
    error = (await response.json()).error ?? {};
  } catch {
    // not ours: the status must do
  }
  throw new ApiError(
    response.status,
    error.message ?? `the server answered ${response.status}`,
    error.code,
    error.param,
  );
}

// The server's key (--api-key-file), for as long as this tab lives.
const KEY = 'charrnn-key';
let key = '';
try {
  key = sessionStorage.getItem(KEY) ?? '';
} catch {
  // storage may be forbidden: then it lasts for the visit
}
export function setKey(next) {
  key = next;
  try {
    sessionStorage.setItem(KEY, key);
  } catch {
    // as above
  }
}

// A header carries bytes: those of UTF-8, each as the character of its number.
export const headerValue = (text) => String.fromCharCode(...new TextEncoder().encode(text));

async function send(path, options = {}) {
  let response;
  const headers = {
    ...options.headers,
    ...(key && { authorization: `Bearer ${headerValue(key)}` }),
  };
  try {
    response = await fetch(BASE + path, { ...options, headers });
  } catch (error) {
    throw unanswered(error);
  }
  if (!response.ok) await fail(response);
  return response;
}

const get = async (path, signal) => (await send(path, { signal })).json();
const post = (path, body, signal) =>
  send(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
const ask = async (path, body, signal) => (await post(path, body, signal)).json();
const runPath = (id) => `runs/${encodeURIComponent(id)}`;

export const runs = (signal) => get('runs', signal);
export const run = (id, signal) => get(runPath(id), signal);
export const metrics = (id, points, signal) =>
  get(`${runPath(id)}/metrics?points=${points}`, signal);
export const config = async (id, signal) =>
  (await send(`${runPath(id)}/config`, { signal })).text();
export const samples = (id, signal) => get(`${runPath(id)}/samples?limit=300`, signal);
export const passage = (id, signal) => get(`${runPath(id)}/passage`, signal);
export const surprise = (body, signal) => ask('surprise', body, signal);
export const ngram = (body, signal) => ask('ngram', body, signal);
export const rankUnits = (body, signal) => ask('units/rank', body, signal);
export const searchUnits = (body, signal) => ask('units/search', body, signal);
export const memory = (body, signal) => ask('memory', body, signal);
export const averageMemory = (body, signal) => ask('memory/average', body, signal);
export const memoryMatrix = (body, signal) => ask('memory/matrix', body, signal);
export const memoryClocks = (body, signal) => ask('memory/clocks', body, signal);
export const transplant = (body, signal) => ask('memory/transplant', body, signal);
// Trainings: `{name, minutes, settings}` is an order, which start() gives with its text.
export const trainings = (signal) => get('trainings', signal);
export const trainingSettings = (signal) => get('trainings/settings', signal);
export const planTraining = (order, signal) => ask('trainings/plan', order, signal);
export const startTraining = (order, text) => ask('trainings', { ...order, text });
export const stopTraining = (id) => ask(`trainings/${encodeURIComponent(id)}/stop`, {});
export const resumeTraining = (id, minutes) =>
  ask(`trainings/${encodeURIComponent(id)}/resume`, minutes ? { minutes } : {});
export const deleteRun = (id) => ask(`${runPath(id)}/delete`, {});
export const restoreRun = (trashed) => ask(`trash/${encodeURIComponent(trashed)}/restore`, {});
export const tour = (body, signal) => ask('tour', body, signal);

export async function activations(body, signal) {
  return readSafetensors(await (await post('activations', body, signal)).arrayBuffer());
}

// Yields the parts of a stream of bytes that end with a separator, as text; withRest: what stands
// after the last one too.
async function* partsOf(stream, separator, withRest) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { value, done } = await reader.read().catch((error) => {
        throw unanswered(error);
      });
      if (done) break;
      const parts = (rest + value).split(separator);
      rest = parts.pop();
      yield* parts;
    }
    if (withRest) yield rest;
  } finally {
    reader.cancel().catch(() => {});
  }
}

// Splits a stream of bytes into the JSON objects of its lines.
export async function* lines(stream) {
  for await (const line of partsOf(stream, '\n', true)) if (line.trim()) yield JSON.parse(line);
}

// Yields the events of a stream of them: {id, event, data}, data as the object it holds. Comments are
// passed over.
export async function* serverEvents(stream) {
  for await (const block of partsOf(stream, '\n\n', false)) {
    const event = {};
    for (const line of block.split('\n')) {
      const [, name, text] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
      if (name) event[name] = text;
    }
    if (event.event) yield { ...event, data: JSON.parse(event.data) };
  }
}

// News of the runs, as one request gives them: from after the event `lastId` where there is one. The
// first is `open`: the server answers.
export async function* events(lastId, signal) {
  const headers = lastId ? { 'last-event-id': lastId } : {};
  const { body } = await send('events', { headers, signal });
  yield { event: 'open', data: {} };
  yield* serverEvents(body);
}

// Yields the objects of a text under way: {start}, {characters}, …, {done}.
export async function* generate(body, signal) {
  const response = await post('generate', body, signal);
  for await (const part of lines(response.body)) {
    if (part.error) throw new ApiError(response.status, part.error.message, part.error.code);
    yield part;
  }
}
