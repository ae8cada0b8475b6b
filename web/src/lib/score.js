// A text as one model or two read it: bits of surprise of every character.
import { bits } from './probability.js';

// characters: of the server's `surprise`. NaN for the first, which nothing predicted.
export const surprises = (characters) =>
  characters.map((one) => (one.log_probability === null ? NaN : bits(one.log_probability)));

export function mean(values) {
  const known = values.filter(Number.isFinite);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : NaN;
}

// Where the first is more surprised than the second: above zero.
export const difference = (one, other) => one.map((value, i) => value - other[i]);
