// Probabilities as stretches of the line from 0 to 1, in the order of the ids. Neighbours that are too
// short to be seen are put together, so that the line is covered by stretches whatever the distribution.

// Returns [{id, begin, size, count}]; id is null where several stand together.
export function stretches(probabilities, chosen, visible) {
  const result = [];
  let begin = 0;
  probabilities.forEach((size, id) => {
    const last = result.at(-1);
    if (id === chosen || size >= visible) {
      result.push({ id, begin, size, count: 1 });
    } else if (size > 0 && last?.id === null) {
      last.size += size;
      last.count += 1;
    } else if (size > 0) {
      result.push({ id: null, begin, size, count: 1 });
    }
    begin += size;
  });
  return result;
}
