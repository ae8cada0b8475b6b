// The numbers that `charrnn export` wrote into the page: base64 of little-endian float32, float16, or
// int8 with a scale for each row.

// Decodes a part at a time: the text of a large network is longer than what atob() takes well.
export function bytesOf(base64) {
  const text = base64.trim();
  const bytes = new Uint8Array((text.length / 4) * 3);
  const PART = 1 << 16; // characters, a multiple of 4
  let size = 0;
  for (let begin = 0; begin < text.length; begin += PART) {
    const part = atob(text.slice(begin, begin + PART));
    for (let i = 0; i < part.length; i++) bytes[size++] = part.charCodeAt(i);
  }
  return bytes.slice(0, size);
}

const floats = (bytes) => new Float32Array(bytes.buffer);

// A float16: 1 bit for the sign, 5 for the exponent, 10 for the fraction.
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const READERS = {
  f32: floats,
  f16: (bytes) => Float32Array.from(new Uint16Array(bytes.buffer), half),
  int8(bytes, scales) {
    const numbers = Float32Array.from(new Int8Array(bytes.buffer));
    const columns = numbers.length / scales.length;
    for (let i = 0; i < numbers.length; i++) numbers[i] *= scales[Math.floor(i / columns)];
    return numbers;
  },
};

// One tensor, row-major. scales: base64 of float32, for int8.
export const numbersOf = (precision, base64, scales = '') =>
  READERS[precision](bytesOf(base64), floats(bytesOf(scales)));
