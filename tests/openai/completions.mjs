// The published client against a server whose address is the first argument; the model's own text for
// comparison is the second.
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const [, , url, expected] = process.argv;
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
const request = { model: 'small', prompt: 'the ', max_tokens: 40, seed: 7 };

const tests = {
  async 'a completion is the text of the seed'() {
    const reply = await client.completions.create(request);
    assert.equal(reply.choices[0].text, expected);
    assert.equal(reply.choices[0].finish_reason, 'length');
    assert.deepEqual({ ...reply.usage }, { prompt_tokens: 4, completion_tokens: 40, total_tokens: 44 });
  },
  async 'a stream is the same text'() {
    let text = '', usage, reason;
    for await (const chunk of await client.completions.create({ ...request, stream: true, stream_options: { include_usage: true } })) {
      text += chunk.choices[0]?.text ?? '';
      reason = chunk.choices[0]?.finish_reason ?? reason;
      usage = chunk.usage ?? usage;
    }
    assert.equal(text, expected);
    assert.equal(reason, 'length');
    assert.equal(usage.completion_tokens, 40);
  },
  async 'n, stop and logprobs'() {
    const reply = await client.completions.create({ ...request, n: 3, logprobs: 2 });
    assert.deepEqual(reply.choices.map((choice) => choice.index), [0, 1, 2]);
    assert.equal(reply.choices[0].logprobs.tokens.join(''), expected);
    const stop = expected.slice(20, 22);
    const stopped = await client.completions.create({ ...request, stop });
    assert.equal(stopped.choices[0].text, expected.slice(0, expected.indexOf(stop)));
    assert.equal(stopped.choices[0].finish_reason, 'stop');
  },
  async 'echo without new characters scores a text'() {
    const { choices: [choice] } = await client.completions.create({ ...request, max_tokens: 0, echo: true, logprobs: 0 });
    assert.equal(choice.text, 'the ');
    assert.equal(choice.logprobs.token_logprobs.length, 4);
    assert.equal(choice.logprobs.token_logprobs[0], null);
  },
  async 'models are listed and retrieved'() {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.deepEqual(ids, ['small']);
    assert.equal((await client.models.retrieve('small')).owned_by, 'charrnn');
  },
  async 'errors are the classes the client knows'() {
    await assert.rejects(client.completions.create({ ...request, model: 'other' }),
      (error) => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found' && error.param === 'model');
    await assert.rejects(client.completions.create({ ...request, temperature: -1 }),
      (error) => error instanceof OpenAI.BadRequestError && error.param === 'temperature');
  },
  async 'a stream that is left ends'() {
    const stream = await client.completions.create({ ...request, max_tokens: 1000000, stream: true });
    for await (const chunk of stream) {
      assert.ok(chunk.id.startsWith('cmpl-'));
      break;
    }
    stream.controller.abort();
    for (let tries = 0; tries < 200; ++tries) {
      const figures = await (await fetch(`${url}/metrics`)).text();
      if (/requests_processing 0/.test(figures)) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.fail('the text goes on');
  },
};

let failures = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
    console.log(`ok      ${name}`);
  } catch (error) {
    ++failures;
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
}
process.exit(failures ? 1 : 0);
