// A picture of the page as a drawing of its own: what stands in an element, as rectangles, texts and
// images at their places, written as SVG or painted as PNG. Both come from the same list of parts.

const SKIPPED = 'details, .export, .unseen, button.plain, select, input, textarea, [hidden]';
const isSeen = (color) => color && color !== 'transparent' && !/, 0\)$|\/ 0\)$/.test(color);

// Words of one text node by the lines on which they stand.
function* linesOf(node) {
  const range = document.createRange();
  const text = node.data;
  let begin = 0;
  let top = null;
  for (let i = 0; i <= text.length; i++) {
    let box = null;
    if (i < text.length) {
      range.setStart(node, i);
      range.setEnd(node, i + 1);
      box = range.getClientRects()[0];
      if (!box) continue;
    }
    if (top !== null && (!box || Math.abs(box.top - top) > 2)) {
      range.setStart(node, begin);
      range.setEnd(node, i);
      yield { text: text.slice(begin, i), box: range.getBoundingClientRect() };
      begin = i;
    }
    top = box?.top ?? null;
  }
}

function parts(root) {
  const frame = root.getBoundingClientRect();
  const found = [];
  const at = (box) => ({
    x: box.left - frame.left,
    y: box.top - frame.top,
    width: box.width,
    height: box.height,
  });
  // Bars under characters are backgrounds of one colour, of a height and place of their own.
  function bar(style, box) {
    const color = /^linear-gradient\((rgb[^)]*\)|color\([^)]*\))/.exec(style.backgroundImage)?.[1];
    const height = parseFloat(style.backgroundSize.split(' ')[1]);
    if (!color || !(height > 0)) return;
    const offset = /calc\(100% ([+-]) ([\d.]+)px\)/.exec(style.backgroundPosition);
    const fromEnd = offset ? (offset[1] === '-' ? 1 : -1) * Number(offset[2]) : 0;
    const y = box.y + box.height - height - fromEnd;
    found.push({ kind: 'rect', ...box, y, height, fill: color });
  }
  function visit(node) {
    if (node.nodeType === Node.TEXT_NODE) {
      if (!node.data.trim()) return;
      const style = getComputedStyle(node.parentElement);
      for (const { text, box } of linesOf(node)) {
        if (!text.trim()) continue;
        const place = at(box);
        found.push({
          kind: 'text',
          text: text.replace(/\s+/g, ' '),
          ...place,
          rtl: style.direction === 'rtl',
          size: parseFloat(style.fontSize),
          font: `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`,
          family: style.fontFamily,
          weight: style.fontWeight,
          fill: style.color,
        });
      }
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE || node.matches(SKIPPED)) return;
    const style = getComputedStyle(node);
    if (style.visibility === 'hidden' || style.display === 'none') return;
    if (node.localName === 'canvas') {
      found.push({ kind: 'image', ...at(node.getBoundingClientRect()), canvas: node });
      return;
    }
    if (node.localName === 'line') {
      const box = at(node.getBoundingClientRect());
      found.push({ kind: 'rect', ...box, height: Math.max(box.height, 2), fill: style.stroke });
      return;
    }
    for (const box of node.getClientRects()) {
      const place = at(box);
      if (isSeen(style.backgroundColor)) {
        const radius = Math.min(parseFloat(style.borderRadius) || 0, place.height / 2);
        found.push({ kind: 'rect', ...place, fill: style.backgroundColor, radius });
      }
      bar(style, place);
      if (parseFloat(style.borderTopWidth) > 0 && isSeen(style.borderTopColor))
        found.push({
          kind: 'frame',
          ...place,
          stroke: style.borderTopColor,
          line: parseFloat(style.borderTopWidth),
          radius: Math.min(parseFloat(style.borderRadius) || 0, place.height / 2),
        });
    }
    for (const child of node.childNodes) visit(child);
  }
  visit(root);
  return { width: frame.width, height: frame.height, parts: found };
}

const MARGIN = 24;
const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.codePointAt(0)};`);
const n = (value) => String(Math.round(value * 100) / 100);

function svgOf(part) {
  const box = `x="${n(part.x)}" y="${n(part.y)}" width="${n(part.width)}" height="${n(part.height)}"`;
  const round = part.radius ? ` rx="${n(part.radius)}"` : '';
  switch (part.kind) {
    case 'rect':
      return `<rect ${box}${round} fill="${part.fill}"/>`;
    case 'frame':
      return `<rect ${box}${round} fill="none" stroke="${part.stroke}" stroke-width="${part.line}"/>`;
    case 'image':
      return `<image ${box} href="${part.canvas.toDataURL('image/png')}"/>`;
    default: {
      const x = part.rtl ? part.x + part.width : part.x;
      const direction = part.rtl ? ' direction="rtl"' : '';
      const y = part.y + part.height / 2 + part.size * 0.34; // the baseline
      return `<text x="${n(x)}" y="${n(y)}"${direction} font-size="${n(part.size)}" font-weight="${part.weight}" font-family="${escape(part.family)}" fill="${part.fill}" xml:space="preserve">${escape(part.text)}</text>`;
    }
  }
}

// The element as an SVG document, on the page's paper.
export function toSvg(root) {
  const { width, height, parts: all } = parts(root);
  const [w, h] = [Math.ceil(width + 2 * MARGIN), Math.ceil(height + 2 * MARGIN)];
  const paper = getComputedStyle(document.body).backgroundColor;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}">`,
    `<rect width="${w}" height="${h}" fill="${paper}"/>`,
    `<g transform="translate(${MARGIN} ${MARGIN})">`,
    ...all.map(svgOf),
    '</g></svg>\n',
  ].join('\n');
}

function paint(context, part) {
  const { x, y, width, height, radius = 0 } = part;
  context.beginPath();
  if (part.kind === 'rect') {
    context.roundRect(x, y, width, height, radius);
    context.fillStyle = part.fill;
    context.fill();
  } else if (part.kind === 'frame') {
    context.roundRect(x, y, width, height, radius);
    context.strokeStyle = part.stroke;
    context.lineWidth = part.line;
    context.stroke();
  } else if (part.kind === 'image') {
    if (part.canvas.width && part.canvas.height)
      context.drawImage(part.canvas, x, y, width, height);
  } else {
    context.font = part.font;
    context.fillStyle = part.fill;
    context.direction = part.rtl ? 'rtl' : 'ltr';
    context.textAlign = 'start';
    context.textBaseline = 'middle';
    context.fillText(part.text, part.rtl ? x + width : x, y + height / 2);
  }
}

// The element as a PNG, twice as fine as the page.
export function toPng(root) {
  const SCALE = 2;
  const { width, height, parts: all } = parts(root);
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil((width + 2 * MARGIN) * SCALE);
  canvas.height = Math.ceil((height + 2 * MARGIN) * SCALE);
  const context = canvas.getContext('2d');
  context.scale(SCALE, SCALE);
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.translate(MARGIN, MARGIN);
  for (const part of all) paint(context, part);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}
