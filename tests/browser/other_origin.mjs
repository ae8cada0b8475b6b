// Scripts of another origin's page ask the server: read what it answers where --allowed-origins names
// their origin, and nothing where it does not.
import assert from 'node:assert/strict';
import test from 'node:test';
import { browser } from './browser.mjs';

const url = process.env.CHARRNN_URL;
const locked = process.env.CHARRNN_LOCKED_URL;
const other = process.env.CHARRNN_OTHER_ORIGIN;
const strange = process.env.CHARRNN_STRANGE_ORIGIN;
const skip = !other;
const key = { authorization: 'Bearer open sesame' };
const post = (body, headers = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

// Runs an action with a page of the origin.
async function on_page_of(origin, action) {
  const context = await (await browser()).newContext();
  const page = await context.newPage();
  await page.goto(origin);
  try {
    return await action(page);
  } finally {
    await context.close();
  }
}

// What a script of the page gets for each [address, options] of fetch: status and text, or an error.
const fetched = (page, requests) =>
  page.evaluate(
    async (list) => {
      const results = [];
      for (const [address, options] of list) {
        try {
          const reply = await fetch(address, options);
          results.push({ status: reply.status, text: await reply.text(), retry: reply.headers.get('retry-after') });
        } catch (error) {
          results.push({ error: String(error) });
        }
      }
      return results;
    },
    requests,
  );

test('a page of an allowed origin reads models, texts and errors', { skip }, async () => {
  await on_page_of(other, async (page) => {
    const [models, text, unknown, nothing, media, health] = await fetched(page, [
      [`${url}v1/models`, {}],
      [`${url}v1/completions`, post({ prompt: 'the ', max_tokens: 5, seed: 1 }, { 'x-stainless-os': 'Linux' })],
      [`${url}v1/completions`, post({ prompt: '\u20ac' })],
      [`${url}v1/nothing`, {}],
      [`${url}v1/completions`, { method: 'POST', body: '{}' }],
      [`${url}health`, { credentials: 'include' }],
    ]);
    assert.equal(models.status, 200, models.error);
    assert.ok(JSON.parse(models.text).data.some((model) => model.id === 'lstm'));
    assert.equal(text.status, 200, text.error);
    assert.equal(JSON.parse(text.text).choices[0].text.length, 5);
    assert.deepEqual([unknown.status, JSON.parse(unknown.text).error.code], [400, 'unknown_characters']);
    assert.equal(nothing.status, 404, nothing.error);
    assert.equal(media.status, 415, media.error);
    assert.deepEqual([health.status, health.text], [200, '{"status":"ok"}'], health.error);
  });
});

test('it reads streams while they come, and events', { skip }, async () => {
  await on_page_of(other, async (page) => {
    const parts = await page.evaluate(
      async ([address, options]) => {
        const reader = (await fetch(address, options)).body.getReader();
        let text = '';
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return text;
          text += new TextDecoder().decode(value);
        }
      },
      [`${url}v1/completions`, post({ prompt: 'the ', max_tokens: 40, seed: 1, stream: true })],
    );
    assert.match(parts, /^data: \{.*data: \[DONE\]\s*$/s);
    for (const withCredentials of [false, true]) {
      const runs = await page.evaluate(
        ([address, options]) =>
          new Promise((resolve, reject) => {
            const events = new EventSource(address, options);
            events.addEventListener('snapshot', (event) => {
              events.close();
              resolve(JSON.parse(event.data).runs.map((run) => run.id));
            });
            events.onerror = () => reject(new Error('no events'));
          }),
        [`${url}charrnn/v1/events`, { withCredentials }],
      );
      assert.ok(runs.includes('lstm'));
    }
  });
});

test('it sends the key of a locked server, and reads that one is missing', { skip }, async () => {
  await on_page_of(other, async (page) => {
    const [without, wrong, models, text] = await fetched(page, [
      [`${locked}v1/models`, {}],
      [`${locked}v1/models`, { headers: { authorization: 'Bearer no' } }],
      [`${locked}v1/models`, { headers: key }],
      [`${locked}v1/completions`, post({ prompt: 'the ', max_tokens: 5 }, key)],
    ]);
    for (const refused of [without, wrong]) {
      assert.deepEqual([refused.status, JSON.parse(refused.text).error.code], [401, 'invalid_api_key'], refused.error);
    }
    assert.equal(models.status, 200, models.error);
    assert.equal(text.status, 200, text.error);
  });
});

test('a page of an origin that is not allowed reads nothing and starts nothing', { skip }, async () => {
  await on_page_of(strange, async (page) => {
    const asked = page.waitForRequest((request) => request.url().endsWith('/v1/models'));
    const results = await fetched(page, [
      [`${url}v1/models`, {}],
      [`${url}v1/completions`, post({ prompt: 'the ', max_tokens: 5 })],
      [`${url}v1/completions`, { method: 'POST', body: '{}' }],
      [`${locked}v1/models`, { headers: key }],
    ]);
    await asked;
    for (const { error } of results) assert.match(error ?? 'read', /Failed to fetch/);
  });
});
