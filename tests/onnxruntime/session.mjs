// node session.mjs FILE: a session of onnxruntime for onnxruntime.py. Prints the names of the inputs; then answers
// each line, {"input": {"type": "int64", "shape": […], "values": […]}, …}, with the outputs in the order of the graph.
import { createInterface } from "node:readline";
import { InferenceSession, Tensor } from "onnxruntime-node";

const session = await InferenceSession.create(process.argv[2]);
console.log(JSON.stringify(session.inputNames));
for await (const line of createInterface({ input: process.stdin })) {
  const feeds = Object.entries(JSON.parse(line)).map(([name, { type, shape, values }]) => [
    name,
    new Tensor(type, type === "int64" ? BigInt64Array.from(values.map(BigInt)) : Float32Array.from(values), shape),
  ]);
  const results = await session.run(Object.fromEntries(feeds));
  console.log(JSON.stringify(session.outputNames.map((name) => ({ shape: results[name].dims, values: [...results[name].data] }))));
}
