// A development tool: serves dist/ and answers the page's requests with made-up numbers of the
// right shape (docs/api.md), to work on the page without a model.   node mock/server.js [PORT]
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { draw, greatest, softmax } from '../src/lib/probability.js';
import { H, LAYERS, read, scores, uniform, vocabulary } from './network.js';

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const runs = ['mock-rnn', 'mock-gru'].map((id, i) => ({
  id,
  kind: 'run',
  has_model: true,
  has_metrics: true,
  training: i === 0,
  modified: 0,
  loaded: true,
  version: 1,
  bits_per_character: 2.1,
}));
const facts = {
  cell: 'rnn',
  layers: LAYERS,
  hidden_size: H,
  embedding_size: 16,
  vocabulary_size: vocabulary.length,
  parameters: 12345,
  lowercase: true,
  encoding: 'utf-8',
  gates: [],
  vocabulary,
  facts: {},
  engine: {},
};
const clean = (text) => [...text.toLowerCase()].filter((c) => vocabulary.includes(c)).join('');
const log = (p) => Math.log(Math.max(p, 1e-12));

function scored(text, i, top) {
  const p = softmax(scores(text.slice(0, i)));
  const id = vocabulary.indexOf(text[i]);
  return {
    text: text[i],
    id,
    log_probability: i ? log(p[id]) : null,
    top: i ? greatest(p, top).map((one) => [vocabulary[one], log(p[one])]) : [],
  };
}
function safetensors(arrays, metadata) {
  const header = { __metadata__: metadata };
  let end = 0;
  const buffers = [];
  for (const [name, [dtype, shape, data]] of Object.entries(arrays)) {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] };
    end += bytes.length;
    buffers.push(bytes);
  }
  const json = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([size, json, ...buffers]);
}
const line = (step) => ({
  step,
  epoch: step / 100,
  train_loss: 1.2 + 2.2 * Math.exp(-step / 300) + 0.1 * Math.sin(step),
  validation_loss: 1.35 + 2.1 * Math.exp(-step / 280),
  learning_rate: 0.002 * Math.min(1, step / 100),
  grad_norm: 0.6 + 0.3 * Math.sin(step / 7),
  characters_per_second: 9e5 + 4e4 * Math.sin(step / 11),
  seconds: step / 8,
});

const get = {
  trainings: () => ({
    allowed: false,
    why_not: 'this stand-in trains nothing',
    limits: {},
    trainings: [],
    trash: [],
  }),
  runs: () => ({ default: 'mock-rnn', runs }),
  'runs/:id': (id) => ({ ...runs.find((run) => run.id === id), ...facts }),
  'runs/:id/metrics': (id) => {
    const series = {};
    for (let step = 10; step <= 1200; step += 10) {
      for (const [name, value] of Object.entries(line(step))) {
        if (name === 'step' || (name === 'validation_loss' && step % 50)) continue;
        ((series[name] ??= { step: [], value: [] }).step.push(step),
          series[name].value.push(value));
      }
    }
    return { id, lines: 120, skipped: 0, last: line(1200), series, notes: [] };
  },
  'runs/:id/config': () => 'seq-length = 50\nsteps = 2000\n',
  'runs/:id/passage': () => ({ text: null, source: null }),
  'runs/:id/samples': () => ({
    samples: [10, 100, 400, 1200].map((step) => ({ step, text: `sample at ${step}: the langua ` })),
  }),
};
const rank = (text) => ({
  text,
  values: 'hidden',
  features: ['word_end', 'inside_brackets'].map((name, f) => ({
    name,
    title: name.replace('_', ' '),
    kind: 'binary',
    positives: 20,
    positions: [[5, 9]],
    units: Array.from({ length: 8 }, (_, i) => ({
      layer: f,
      unit: i * 7,
      score: 0.95 - i / 20,
      sign: i % 2 ? 1 : -1,
      mean_on: 0.8,
      mean_off: -0.5,
    })),
  })),
  best: Array.from({ length: 8 }, (_, i) => ({
    layer: i % 2,
    unit: i * 7,
    feature: i % 2 ? 'inside_brackets' : 'word_end',
    score: 0.95 - i / 20,
    sign: 1,
  })),
  skipped: [{ name: 'inside_quotes', reason: 'never occurs in this text' }],
});
const post = {
  ngram: ({ text, context = 5 }) => ({
    text,
    context,
    training_characters: 1000,
    log_probabilities: [...text].map((_, i) =>
      i ? scored(text, i, 1).log_probability - 0.3 * Math.sin(i) : null,
    ),
  }),
  surprise: ({ text, top = 5 }) => ({
    text,
    loss: 1,
    bits_per_character: 1.44,
    characters: [...text].map((_, i) => scored(text, i, top)),
    next: greatest(softmax(scores(text)), top).map((id) => [vocabulary[id], scores(text)[id]]),
  }),
  activations: ({ text, layers = [0, 1] }) => {
    const steps = read(text);
    const values = new Int8Array(layers.length * steps.length * H);
    layers.forEach((layer, l) =>
      steps.forEach((step, t) =>
        step.layers[layer].hidden_after.forEach(
          (v, u) => (values[(l * steps.length + t) * H + u] = Math.round(v * 127)),
        ),
      ),
    );
    return safetensors(
      { hidden: ['I8', [layers.length, steps.length, H], values] },
      { text, layers: JSON.stringify(layers) },
    );
  },
  'units/rank': ({ text }) => rank(text),
  'units/search': () => ({
    units: rank('').features[0].units.map((one) => ({ ...one, threshold: 0.1 })),
    matches: [[30, 36]],
  }),
  memory: ({ text, position, target }) => {
    const at = position ?? [...text].length;
    return {
      text,
      position: at,
      target: target ?? text[at] ?? 'e',
      log_probability: -0.7,
      sensitivity: Array.from(
        { length: at },
        (_, t) => Math.exp(-(at - t) / 6) * (0.6 + 0.4 * Math.sin(t * 3)),
      ),
    };
  },
  'memory/average': () => {
    const distance = Array.from({ length: 100 }, (_, i) => i + 1);
    return {
      positions: [100],
      distance,
      mean: distance.map((d) => Math.exp(-d / 6)),
      geometric_mean: distance.map((d) => Math.exp(-d / 5)),
      count: distance.map(() => 16),
    };
  },
  'memory/matrix': ({ text, begin = 0, end = [...text].length }) => {
    const positions = Array.from({ length: end - begin - 1 }, (_, i) => begin + 1 + i);
    return {
      text,
      first: begin,
      positions,
      sensitivity: positions.map((at) =>
        Array.from(
          { length: at - begin },
          (_, t) => Math.exp(-(at - begin - t) / 6) * (0.6 + 0.4 * Math.sin((begin + t) * 3)),
        ),
      ),
    };
  },
  'memory/clocks': ({ text }) => {
    const exponents = Array.from({ length: 32 }, (_, i) => -Math.LN2 / (60 / (1 + i * 0.4)));
    return {
      text,
      characters: Math.min(256, [...text].length),
      exponents,
      half_lives: exponents.map((exponent) => Math.LN2 / -exponent),
    };
  },
  'memory/transplant': ({ text, donor, units }) => {
    const own = softmax(scores(text));
    const ofDonor = softmax(scores(donor + [...text].at(-1)));
    const transplanted = units ? own.map((p, i) => 0.7 * p + 0.3 * ofDonor[i]) : ofDonor;
    const distance = (a) => a.reduce((sum, p, i) => sum + Math.abs(p - own[i]) / 2, 0);
    return {
      text,
      donor,
      own,
      of_donor: ofDonor,
      transplanted,
      change: distance(transplanted),
      whole_change: distance(ofDonor),
    };
  },
  tour: ({ text, temperature = 1, seed = 0, draw: position = 0 }) => {
    const s = scores(text);
    const probabilities = softmax(s, temperature);
    const u = uniform(seed, position);
    const id = draw(probabilities, u);
    const before = probabilities.slice(0, id).reduce((a, b) => a + b, 0);
    return {
      text,
      character: text.at(-1),
      ...read(text).at(-1),
      scores: s,
      probabilities,
      probabilities_at_1: softmax(s),
      draw: {
        uniform: u,
        id,
        character: vocabulary[id],
        cumulative_before: before,
        cumulative_after: before + probabilities[id],
      },
    };
  },
};
async function generate(body, response) {
  let text = clean(body.prompt) || '\n';
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const send = (object) => response.write(JSON.stringify(object) + '\n');
  send({ start: { model: 'mock-rnn', version: 1, seed: body.seed, prompt: text } });
  if (body.score_prompt)
    send({
      characters: [...text].map((_, i) => ({ ...scored(text, i, body.top ?? 5), prompt: true })),
    });
  for (let i = 0; i < (body.max_characters ?? 400) && !response.destroyed; i++) {
    text +=
      vocabulary[
        draw(
          softmax(scores(text), body.temperature),
          uniform(body.seed + (body.holds?.length ?? 0), i),
        )
      ];
    send({ characters: [scored(text, text.length - 1, body.top ?? 5)] });
    if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  response.end(
    JSON.stringify({
      done: {
        finish_reason: 'length',
        stop: null,
        characters: body.max_characters,
        seconds: 1,
        characters_per_second: 300,
      },
    }) + '\n',
  );
}
async function answer(request, response) {
  const path = new URL(request.url, 'http://x').pathname;
  const name = path.startsWith('/charrnn/v1/') && path.slice(12);
  if (name === 'events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    return response.write(`event: snapshot\ndata: ${JSON.stringify({ runs })}\n\n`);
  }
  if (name && request.method === 'POST') {
    let body = '';
    for await (const chunk of request) body += chunk;
    body = JSON.parse(body);
    if (body.text !== undefined) body.text = clean(body.text);
    if (name === 'generate') return generate(body, response);
    const reply = post[name](body);
    return Buffer.isBuffer(reply)
      ? response.end(reply)
      : response.setHeader('content-type', 'application/json').end(JSON.stringify(reply));
  }
  if (name) {
    const [first, id, last] = name.split('/');
    const reply = get[[first, id && ':id', last].filter(Boolean).join('/')](
      id && decodeURIComponent(id),
    );
    if (typeof reply === 'string') return response.end(reply);
    return response.setHeader('content-type', 'application/json').end(JSON.stringify(reply));
  }
  const file = path === '/' ? '/index.html' : path;
  const data = await readFile(new URL(`../dist${file}`, import.meta.url));
  response.writeHead(200, {
    'content-type': TYPES[extname(file)] ?? 'text/plain',
    'content-security-policy': POLICY,
  });
  response.end(data);
}
const server = createServer((request, response) =>
  answer(request, response).catch((error) => {
    if (!response.headersSent) response.writeHead(error.code === 'ENOENT' ? 404 : 500);
    response.end(String(error.message));
  }),
);
server.listen(Number(process.argv[2] ?? 8090), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${server.address().port}`),
);
