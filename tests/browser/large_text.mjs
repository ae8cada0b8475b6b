// Every view with text of twice the size: the page scrolls in no direction but down, and no text is
// cut off or lies over another.
import assert from 'node:assert/strict';
import test from 'node:test';
import { leave, visit } from './browser.mjs';
import { ready, views } from './views.mjs';

// In the page: what does not fit. Runs of text are compared by the lines on which they stand.
function misfits() {
  const found = [];
  const past = document.documentElement.scrollWidth - innerWidth;
  if (past > 0) found.push(`the page is ${past} px too wide`);
  const described = (text) => `“${text.trim().replace(/\s+/g, ' ').slice(0, 40)}”`;
  const is_free = (element) => element.closest('.unseen, .skip, .cells, [aria-hidden], svg, canvas, option, textarea, .lost');
  // The part of a box that its ancestors let through; null: none. Frames that scroll hide nothing.
  function seen(box, element) {
    let { left, right, top, bottom } = box;
    for (let parent = element; parent; parent = parent.parentElement) {
      const { overflowX, position } = getComputedStyle(parent);
      if (position === 'fixed' || position === 'sticky') return null; // over the others by intent
      if (overflowX === 'visible') continue;
      const frame = parent.getBoundingClientRect();
      [left, right] = [Math.max(left, frame.left), Math.min(right, frame.right)];
      [top, bottom] = [Math.max(top, frame.top), Math.min(bottom, frame.bottom)];
    }
    return right > left && bottom > top ? { left, right, top, bottom } : null;
  }
  const cut_off = (element) => {
    for (let parent = element; parent; parent = parent.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(parent);
      if (parent.matches('.tape .line')) return false; // its end is in sight, and it is read as a whole
      const hides = overflowX === 'hidden' || overflowX === 'clip' || overflowY === 'hidden' || overflowY === 'clip' || parent.localName === 'button';
      if (hides && (parent.scrollWidth > parent.clientWidth + 1 || parent.scrollHeight > parent.clientHeight + 3)) return true;
    }
    return false;
  };
  const lines = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || is_free(element) || !element.checkVisibility()) continue;
    if (cut_off(element)) found.push(`${described(node.data)} is cut off`);
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      const part = seen(box, element);
      if (!part) continue;
      if (part.right > innerWidth + 1 || part.left < -1) found.push(`${described(node.data)} is beside the page`);
      lines.push({ ...part, node });
    }
  }
  lines.sort((a, b) => a.top - b.top);
  for (let i = 0; i < lines.length; i++) {
    for (let j = i + 1; j < lines.length && lines[j].top < lines[i].bottom; j++) {
      const [a, b] = [lines[i], lines[j]];
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - b.top;
      const lower = Math.min(a.bottom - a.top, b.bottom - b.top);
      if (a.node !== b.node && wide > 3 && high > 0.4 * lower) found.push(`${described(a.node.data)} lies over ${described(b.node.data)}`);
    }
  }
  return [...new Set(found)].slice(0, 12);
}

for (const view of views) {
  test(`${view}: with text of twice the size nothing is cut off, covered or beside the page`, async () => {
    const page = await visit(`view=${view}`);
    await ready(page, view);
    await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      await page.waitForTimeout(300); // charts draw anew
      assert.deepEqual(await page.evaluate(misfits), [], `${width} px`);
    }
    assert.deepEqual(await leave(page), []);
  });
}
