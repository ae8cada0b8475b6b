// A unit's new memory in words and real numbers: the cell's own equation with this unit's values.
const show = (value) => (value < 0 ? '−' : '') + Math.abs(value).toFixed(2);
const inside = (value) => (value < 0 ? `(${show(value)})` : show(value));

// layer: one of the tour's `layers`. Returns {equation, numbers, meaning}.
export function explainUnit(cell, layer, unit) {
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
          ? 'Here the character speaks louder than the memory.'
          : 'Here the memory speaks louder than the character.',
    };
  }
  if (cell === 'gru') {
    const z = gate('z');
    return {
      equation: 'new memory = keep × old memory + (1 − keep) × proposal',
      numbers: `${show(after)} = ${show(z)} × ${inside(before)} + ${show(1 - z)} × ${inside(gate('n'))}`,
      meaning:
        z > 0.5
          ? 'The gate is mostly shut: this unit holds on to what it had.'
          : 'The gate is mostly open: this unit is being rewritten.',
    };
  }
  const forget = gate('f');
  return {
    equation: 'cell = keep × old cell + let in × proposal;  new memory = show × tanh(cell)',
    numbers:
      `${show(layer.cell_after[unit])} = ${show(forget)} × ${inside(layer.cell_before[unit])} + ${show(gate('i'))} × ${inside(gate('g'))};  ` +
      `${show(after)} = ${show(gate('o'))} × ${inside(gate('tanh_c'))}`,
    meaning:
      forget > 0.5
        ? 'The forget gate is mostly open: this unit holds on to what it had.'
        : 'The forget gate is mostly shut: this unit lets go of what it had.',
  };
}
