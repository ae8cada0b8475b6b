// What uPlot is asked for: axes with their names, levels and marks over the curves, a part of the x axis
// chosen by dragging.
import uPlot from 'uplot';
import { compact, ticks } from './words.js';

const DECADES = 10; // of a log scale: what is smaller falls out of the picture
const isPower = (v) => Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-6;

// A level is a part of the picture: the axis makes room for it.
function rangeOfY(low, high, levels, logY) {
  if (!Number.isFinite(low)) return logY ? [0.1, 1] : [0, 1]; // nothing to show yet
  const values = levels.map((l) => l.value).filter((v) => !logY || v > 0);
  const [min, max] = [Math.min(low, ...values), Math.max(high, ...values)];
  if (!logY) return uPlot.rangeNum(min, max, 0.06, true);
  if (max < 10 * min) return [min * 0.95, max * 1.05]; // within a decade: as near as it goes
  const [bottom, top] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))];
  return [10 ** Math.max(bottom, top - DECADES), 10 ** Math.max(top, bottom + 1)];
}

function drawLevelsAndMarks(u, { levels, marks, color }) {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio || 1;
  const line = (x1, y1, x2, y2) => {
    ctx.beginPath();
    ctx.moveTo(x1, y1);
    ctx.lineTo(x2, y2);
    ctx.stroke();
  };
  ctx.save();
  ctx.font = `${12 * ratio}px ${color('--sans')}`;
  ctx.fillStyle = ctx.strokeStyle = color('--ink-2');
  ctx.lineWidth = 1.25 * ratio;
  ctx.setLineDash([2 * ratio, 4 * ratio]);
  for (const { value } of levels) {
    // named in the legend: here its name would lie on the curves
    const y = u.valToPos(value, 'y', true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    line(bbox.left, y, bbox.left + bbox.width, y);
  }
  for (const { value, label } of marks) {
    const x = u.valToPos(value, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    line(x, bbox.top, x, bbox.top + bbox.height);
    ctx.textAlign = 'left';
    ctx.fillText(label, x + 5 * ratio, bbox.top + 12 * ratio);
  }
  ctx.restore();
}

// onZoom([from, to] or null), onCursor(index or -1); color(name of a CSS variable).
export function plotOptions({
  series,
  hidden,
  levels,
  marks,
  xLabel,
  yLabel,
  logY,
  show,
  showX,
  width,
  height,
  color,
  onZoom,
  onCursor,
}) {
  const font = `12px ${color('--sans')}`;
  const axis = {
    stroke: color('--ink-2'),
    font,
    labelFont: font,
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
  };
  const write = (all) =>
    show === compact ? ticks(all) : all.map((v) => (v === null ? '' : show(v)));
  // Of many decades only the powers of ten are named.
  const decades = (u) => Math.log10(u.scales.y.max / u.scales.y.min);
  const filter = (u, all) => (decades(u) < 1 ? all : all.map((v) => (isPower(v) ? v : null)));
  const powers = logY ? { filter } : {};
  return {
    width: Math.max(width, 50),
    height,
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      points: { size: 7 },
      bind: { dblclick: () => () => onZoom(null) },
    },
    scales: {
      x: { time: false },
      y: {
        range: (_, low, high) => rangeOfY(low, high, levels, logY),
        ...(logY ? { distr: 3 } : {}),
      },
    },
    axes: [
      {
        ...axis,
        label: xLabel,
        labelSize: 20,
        size: 30,
        values: (_, all) => all.map((v) => (v === null ? '' : showX(v))),
      },
      {
        ...axis,
        ...powers,
        grid: { ...axis.grid, ...powers },
        label: yLabel,
        labelSize: 20,
        size: 54,
        values: (_, all) => write(all),
      },
    ],
    series: [
      {},
      ...series.map((s) => ({
        show: !hidden.has(s.label),
        stroke: color(`--series-${s.color}`),
        alpha: s.faint ? 0.3 : 1,
        width: s.width ?? 2,
        dash: s.faint ? undefined : s.dash,
        spanGaps: true,
        points: { show: Boolean(s.points), size: 6, fill: color('--paper') },
      })),
    ],
    hooks: {
      draw: [(u) => drawLevelsAndMarks(u, { levels, marks, color })],
      setCursor: [(u) => onCursor(u.cursor.idx ?? -1)],
      setSelect: [
        ({ select, posToVal }) => {
          if (select.width > 4)
            onZoom([posToVal(select.left, 'x'), posToVal(select.left + select.width, 'x')]);
        },
      ],
    },
  };
}
