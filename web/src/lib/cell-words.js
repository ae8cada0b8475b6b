// A unit's new memory in words and real numbers: the cell's own equation with this unit's values.
const show = (value) => (value < 0 ? '−' : '') + Math.abs(value).toFixed(2);
const inside = (value) => (value < 0 ? `(${show(value)})` : show(value));

const BETWEEN = 'a number between 0 and 1, from the character and the old memory';
const TERMS = {
  rnn: [
    ['from the character', 'its row of the table, times the layer’s input weights'],
    ['from the old memory', 'all units as they were, times the layer’s recurrent weights'],
    ['tanh', 'squeezes any number into −1 to +1'],
  ],
  gru: [
    ['keep', `the update gate z, ${BETWEEN}: how much of the old memory stays`],
    [
      'proposal',
      'what the unit would become if nothing were kept: n, from the character and the part of the old memory that the reset gate r lets through',
    ],
  ],
  lstm: [
    ['keep', `the forget gate f, ${BETWEEN}: how much of the cell stays`],
    ['let in', `the input gate i, ${BETWEEN} too: how much of the proposal is added`],
    ['proposal', 'what the character and the old memory would write: g, from −1 to +1'],
    ['show', `the output gate o: how much of the cell the rest of the network gets to see`],
  ],
};

// layer: one of the tour's `layers`. Returns {equation, numbers, meaning, terms: [[term, what it is]]}.
export function explainUnit(cell, layer, unit) {
  return { ...explain(cell, layer, unit), terms: TERMS[cell] };
}

function explain(cell, layer, unit) {
  const gate = (name) => layer.gates?.[name]?.[unit];
  const before = layer.hidden_before[unit];
  const after = layer.hidden_after[unit];
  if (cell === 'rnn') {
    const input = layer.from_input.h[unit];
    const hidden = layer.from_hidden.h[unit];
    return {
      equation: 'new memory = tanh( from the character + from the old memory )',
      numbers: `${show(after)} = tanh( ${show(input)} + ${inside(hidden)} )`,
      meaning:
        Math.abs(input) > Math.abs(hidden)
          ? 'Here the character contributes more than the memory.'
          : 'Here the memory contributes more than the character.',
    };
  }
  if (cell === 'gru') {
    const z = gate('z');
    return {
      equation: 'new memory = keep × old memory + (1 − keep) × proposal',
      numbers: `${show(after)} = ${show(z)} × ${inside(before)} + ${show(1 - z)} × ${inside(gate('n'))}`,
      meaning:
        z > 0.5
          ? 'Keep is above one half: this unit mostly holds on to what it had.'
          : 'Keep is at most one half: this unit is mostly rewritten.',
    };
  }
  const forget = gate('f');
  return {
    equation: 'cell = keep × old cell + let in × proposal; output = show × tanh(cell)',
    numbers:
      `${show(layer.cell_after[unit])} = ${show(forget)} × ${inside(layer.cell_before[unit])} + ${show(gate('i'))} × ${inside(gate('g'))};  ` +
      `${show(after)} = ${show(gate('o'))} × ${inside(gate('tanh_c'))}`,
    meaning:
      forget > 0.5
        ? 'Keep is above one half: the cell mostly holds on to what it had.'
        : 'Keep is at most one half: the cell mostly lets go of what it had.',
  };
}
