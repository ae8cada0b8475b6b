// What a network's scores say of the next character.
const SHOWN = 8; // alternatives

// scores: natural logarithms of probabilities but for a constant. Returns {logProbability(id),
// likeliest}, the latter a list of {id, logProbability}.
export function predictions(scores) {
  let max = scores[0];
  for (const score of scores) if (score > max) max = score;
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - max);
  const logSum = Math.log(sum);
  const logProbability = (id) => scores[id] - max - logSum;
  const likeliest = greatest(scores).map((id) => ({ id, logProbability: logProbability(id) }));
  return { logProbability, likeliest };
}

// The ids of the greatest scores, greatest first; of equal ones the lower id first. By insertion:
// this runs for every character.
function greatest(scores) {
  const ids = [];
  for (let id = 0; id < scores.length; id++) {
    if (ids.length === SHOWN && !(scores[id] > scores[ids[SHOWN - 1]])) continue;
    if (ids.length < SHOWN) ids.push(id);
    let place = ids.length - 1;
    for (; place > 0 && scores[id] > scores[ids[place - 1]]; place--) ids[place] = ids[place - 1];
    ids[place] = id;
  }
  return ids;
}
