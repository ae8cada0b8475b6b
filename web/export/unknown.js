import { spoken } from '../src/lib/words.js';

const SHOWN = 10;

// The characters that the network does not know, in words; empty where it knows all. characters:
// {id, character}.
export function listed(characters) {
  const counts = new Map();
  for (const { id, character } of characters) {
    if (id < 0) counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  const words = [...counts].map(([character, count]) =>
    count > 1 ? `${spoken(character)} (${count} times)` : spoken(character),
  );
  const more = words.length - SHOWN;
  return words.slice(0, SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
