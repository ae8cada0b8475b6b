// How the page writes characters, numbers and times.
const NAMES = {
  ' ': 'space',
  '\n': 'line end',
  '\t': 'tab',
  '\r': 'carriage return',
  ',': 'comma',
  '.': 'full stop',
  '(': 'open bracket',
  ')': 'close bracket',
  "'": 'apostrophe',
  '"': 'quotation mark',
};
const GLYPHS = { ' ': '␣', '\n': '↵', '\t': '→', '\r': '␍' };

// One visible glyph for a character that stands alone.
export function glyph(character) {
  if (GLYPHS[character]) return GLYPHS[character];
  return /\p{C}/u.test(character) ? '�' : character;
}
// A name that a screen reader can say.
export const spoken = (character) =>
  NAMES[character] ? NAMES[character] : `“${glyph(character)}”`;

// Number and sign stay on one line.
export const percent = (p) =>
  p >= 0.9995
    ? '100\u00a0%'
    : p >= 0.0995
      ? `${(p * 100).toFixed(0)}\u00a0%`
      : p >= 0.001
        ? `${(p * 100).toFixed(1)}\u00a0%`
        : '<\u00a00.1\u00a0%';
export const signed = (value, digits = 2) =>
  `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
export function compact(value) {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1e6) return `${(value / 1e6).toFixed(size >= 1e7 ? 0 : 1)} M`;
  if (size >= 1e4) return `${(value / 1e3).toFixed(size >= 1e5 ? 0 : 1)} k`;
  if (size >= 100 || Number.isInteger(value)) return String(Math.round(value));
  if (size >= 0.01) return value.toPrecision(3);
  return value === 0 ? '0' : value.toExponential(1);
}
// A size on a log axis: 0.05, 20, 3 · 10⁻⁷.
export function power(value) {
  const raised = (n) =>
    String(n).replace(/[-0-9]/g, (c) => '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'['-0123456789'.indexOf(c)]);
  const [first, exponent] = value.toExponential(0).split('e').map(Number);
  if (exponent >= -2 && exponent < 3) return String(Number(value.toPrecision(2)));
  return `${first === 1 ? '' : `${first} · `}10${raised(exponent)}`;
}
// How a text at this temperature comes out.
export const mood = (temperature) =>
  temperature === 0
    ? 'always the likeliest'
    : temperature < 0.35
      ? 'very cautious'
      : temperature < 0.65
        ? 'cautious'
        : temperature < 0.95
          ? 'a little cautious'
          : temperature <= 1.05
            ? 'as it learnt'
            : 'adventurous';
// The ticks of one axis, all written in the same manner: 0.005 beside 0.01, not 5.0e-3.
export function ticks(values) {
  const largest = Math.max(...values.map((v) => Math.abs(v ?? 0)));
  const plain = largest >= 1e-4 && largest < 100;
  return values.map((v) =>
    v === null ? '' : plain ? String(Number(v.toPrecision(6))) : compact(v),
  );
}
export function duration(seconds) {
  if (!Number.isFinite(seconds) || seconds < 0) return '–';
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
// The direction in which a text runs: that of its first letter.
export const direction = (text) =>
  /^[^\p{L}]*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u.test(
    text,
  )
    ? 'rtl'
    : 'ltr';
export const count = (n, thing) => `${n} ${thing}${n === 1 ? '' : 's'}`;
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
export const featureName = (name) => name.replaceAll('_', ' ');
