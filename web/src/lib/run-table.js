// What is said of every run in the table of runs, from its configuration and its record.
import * as api from './api.js';
import { bits } from './curves.js';

const POINTS = 2000;

// A value of config.toml: a number, a word in quotes, or undefined.
export function setting(config, key) {
  const match = new RegExp(`^\\s*${key}\\s*=\\s*(?:"([^"]*)"|([-0-9.e]+))\\s*(#.*)?$`, 'm').exec(
    config,
  );
  return match ? (match[1] ?? Number(match[2])) : undefined;
}

export async function describeRun(id, signal) {
  const [metrics, config] = await Promise.all([
    api.metrics(id, POINTS, signal),
    api.config(id, signal).catch(() => ''),
  ]);
  const losses = metrics.series.validation_loss?.value.filter(Number.isFinite) ?? [];
  const last = metrics.last ?? {};
  return {
    id,
    cell: (setting(config, 'cell') ?? '').toUpperCase(),
    layers: setting(config, 'layers'),
    units: setting(config, 'hidden-size'),
    steps: last.step,
    bits: losses.length ? bits(Math.min(...losses)) : undefined,
    seconds: last.seconds,
  };
}

// Rows by one of their columns, those that do not say it last.
export function sortRows(rows, column, descending) {
  const compare = (a, b) => (typeof a === 'string' ? a.localeCompare(b) : a - b);
  const says = (row) => row[column] !== undefined && row[column] !== '';
  return rows.toSorted((a, b) => {
    if (!says(a) || !says(b)) return says(b) - says(a);
    return compare(a[column], b[column]) * (descending ? -1 : 1);
  });
}
