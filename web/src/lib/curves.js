// The curves of runs, as LineChart takes them.
import { interpolate, smooth } from './series.js';

export const AXES = { step: 'step', seconds: 'time', characters: 'characters read' };
const DASHES = [undefined, [8, 4], [2, 3], [10, 3, 2, 3]];
export const bits = (loss) => loss / Math.LN2;

// The x of each point of a series, by what has been reported; null where the run does not say.
export function alongAxis(all, one, axis) {
  if (axis === 'step') return one.step;
  const reported = all[axis];
  if (!reported?.step.length) return null;
  return one.step.map((step) => interpolate(reported.step, reported.value, step));
}

// One series of a run as a list: empty where there is no such series, or none on this axis. run: {id,
// series}; i: its place among the runs shown; prefix: what the series is; map: from its values to y.
export function curve(run, i, name, { axis, several, prefix = '', map, ...rest }) {
  const one = run.series[name];
  const x = one && alongAxis(run.series, one, axis);
  if (!x) return [];
  const label = several ? `${run.id}${prefix && `, ${prefix}`}` : prefix || run.id;
  const y = map ? one.value.map(map) : one.value;
  return [{ label, x, y, color: i + 1, dash: DASHES[i], ...rest }];
}

// Training and validation loss of every run in bits, the training's own values faint behind the
// smoothed ones.
export function lossCurves(runs, axis, weight) {
  return runs.flatMap((run, i) => {
    const common = { axis, several: runs.length > 1, map: bits };
    const raw = curve(run, i, 'train_loss', { ...common, prefix: 'training', width: 1.5 });
    return [
      ...(weight > 0
        ? raw.map((one) => ({ ...one, label: `${one.label}, raw`, faint: true, of: one.label }))
        : []),
      ...raw.map((one) => ({ ...one, y: smooth(one.y, weight) })),
      ...curve(run, i, 'validation_loss', {
        ...common,
        prefix: 'validation',
        width: 2.25,
        points: true,
      }),
    ];
  });
}

// The numbers of curves as a table: a row for every x of any of them, the last first.
export function curvesTable(curves, axisName, unit, showX, show) {
  const columns = curves.map((one) => new Map(one.x.map((x, i) => [x, one.y[i]])));
  const xs = [...new Set(curves.flatMap((one) => one.x))].sort((a, b) => b - a);
  const cell = (value) => (Number.isFinite(value) ? show(value) : '');
  return {
    head: [axisName, ...curves.map((one) => `${one.label}${unit && ` (${unit})`}`)],
    rows: xs.map((x) => [showX(x), ...columns.map((column) => cell(column.get(x)))]),
  };
}
