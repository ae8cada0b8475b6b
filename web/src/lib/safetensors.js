// Reads the server's binary replies: 8 bytes little-endian N, N bytes of JSON, the arrays.
const TYPES = { I8: Int8Array, I32: Int32Array, F32: Float32Array };

export function readSafetensors(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const { __metadata__: metadata = {}, ...entries } = header;
  const arrays = {};
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [begin, end],
    },
  ] of Object.entries(entries)) {
    const Type = TYPES[dtype];
    if (!Type) throw new Error(`array ${name} has the unknown type ${dtype}`);
    const bytes = buffer.slice(8 + length + begin, 8 + length + end); // aligned, wherever it lay
    arrays[name] = { shape, data: new Type(bytes) };
  }
  return { metadata, arrays };
}
