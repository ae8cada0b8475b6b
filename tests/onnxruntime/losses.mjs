// node losses.mjs < {"file": …, "texts": [text, …], "cut": N} > {"losses": […], "metadata": […]}
// Texts of one length are read as one batch by onnxruntime, in two parts with the state carried over the cut.
// Prints the mean loss of each in nats per character, and what the graph's inputs and outputs are called.
import { readFileSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";

const { file, texts, cut, vocabulary, layers, hidden } = JSON.parse(readFileSync(0, "utf8"));
const session = await InferenceSession.create(file);
const ids = texts.map((text) => [...text].map((character) => vocabulary.indexOf(character)));
const batch = ids.length;
const zeros = () => new Tensor("float32", new Float32Array(layers * batch * hidden), [layers, batch, hidden]);
const state = Object.fromEntries(session.inputNames.filter((name) => name !== "input").map((name) => [name, zeros()]));
const sums = new Array(batch).fill(0);

async function read(begin, end) {
  const input = new BigInt64Array((end - begin) * batch);
  for (let t = begin; t < end; ++t) for (let b = 0; b < batch; ++b) input[(t - begin) * batch + b] = BigInt(ids[b][t]);
  const result = await session.run({ input: new Tensor("int64", input, [end - begin, batch]), ...state });
  for (const name of Object.keys(state)) state[name] = result[name.replace("_0", "_n")];
  for (let t = begin; t < end; ++t) {
    for (let b = 0; b < batch; ++b) {
      if (t + 1 === ids[b].length) continue;
      const at = ((t - begin) * batch + b) * vocabulary.length;
      const logits = result.logits.data.subarray(at, at + vocabulary.length);
      const largest = Math.max(...logits);
      const sum = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
      sums[b] += largest + Math.log(sum) - logits[ids[b][t + 1]];
    }
  }
}

await read(0, cut);
await read(cut, ids[0].length);
console.log(JSON.stringify({
  losses: sums.map((sum) => sum / (ids[0].length - 1)),
  inputs: session.inputNames,
  outputs: session.outputNames,
}));
