// A text that the reader hands over: its name, its size, and how it is read from a file.

export const bytesOf = (text) => new TextEncoder().encode(text).length;

// A name for a run: the file's without its ending, or the text's first words; what the server
// refuses in names is left out.
export function runName(text, file = '') {
  const words = file
    ? file.replace(/\.[^.]*$/, '')
    : text.trim().split(/\s+/).slice(0, 3).join(' ');
  const plain = words
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .replace(/[/\\]/g, '')
    .replace(/^[-. ]+/, '');
  return [...plain].slice(0, 24).join('').trim() || 'text';
}
// The first of NAME, NAME 2, NAME 3, … that is not taken.
export function freeName(name, taken) {
  for (let i = 1; ; i += 1) {
    const wanted = i === 1 ? name : `${name} ${i}`;
    if (!taken.includes(wanted)) return wanted;
  }
}

// Throws an Error in words for what is no text.
export async function readText(file, limit) {
  if (file.size > limit) {
    throw new Error(
      `${file.name} has ${file.size.toLocaleString('en')} bytes; ${limit.toLocaleString('en')} can be sent from here. charrnn train takes longer ones.`,
    );
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
    if (text.includes('\0')) throw new TypeError();
    return text;
  } catch {
    throw new Error(`${file.name} is not a text in UTF-8.`);
  }
}
