// The views, and what stands in each once it is complete: a selector, and a text in it.
export const ready_sign = {
  train: ['h2', 'Surprise per character'],
  write: ['.facts', 'characters written'],
  read: ['h2', 'Its guesses, character by character'],
  inside: ['p', 'The texts'], // of holding a unit still: they part, or are the same
  memory: ['.verdict', ''], // of the transplant, the last of its parts
  tour: ['p', 'with its memory erased'],
  start: ['h1', 'Train on a text of your own'],
};
export const views = Object.keys(ready_sign);

export function ready(page, view) {
  const [selector, text] = ready_sign[view];
  return page.locator(selector, { hasText: text }).first().waitFor();
}
