// What the model's metadata say: the keys and values of a model file, all of which are texts.
import { Alphabet } from './alphabet.js';

const RARE = '\ufffd'; // what rare characters are to a network that has learnt them as one

export function readModel(metadata) {
  const characters = JSON.parse(metadata.vocabulary);
  const idOf = (character) => characters.indexOf(character);
  return {
    config: {
      cell: metadata.cell,
      layers: Number(metadata.layers),
      hiddenSize: Number(metadata.hidden_size),
      embeddingSize: Number(metadata.embedding_size),
      vocabularySize: characters.length,
    },
    alphabet: new Alphabet({
      characters,
      encoding: metadata.encoding,
      lowercase: metadata.lowercase === 'true',
      newline: metadata.newline,
      unknown: metadata.min_count === undefined ? -1 : idOf(RARE),
    }),
    // Where each line is a document, the network forgets before its line end is read.
    border: metadata.documents === 'lines' ? idOf('\n') : -1,
    weightType: metadata.weight_type,
    validationLoss: Number(metadata.validation_loss ?? NaN), // nats per character
  };
}
