// A page that `charrnn export` made of a network: it runs here, and nothing is sent anywhere. The
// network's numbers are at the end of the file.
import { make } from './dom.js';
import { readModel } from './model.js';
import { Network, networkRoom } from './network.js';
import { PlainKernel } from './plain-kernel.js';
import { ReadSection } from './read-section.js';
import { Reader } from './reader.js';
import { VectorKernel } from './vector-kernel.js';
import { WriteSection } from './write-section.js';
import { bytesOf, numbersOf } from './weights.js';
import { bits } from '../src/lib/probability.js';
import kernelCode from 'virtual:kernel';

function makeKernel(config) {
  try {
    return new VectorKernel(bytesOf(kernelCode), networkRoom(config));
  } catch {
    return new PlainKernel();
  }
}

// One of the file's tensors by its name.
function tensor(name) {
  const element = document.querySelector(`script[data-tensor="${name}"]`);
  if (!element) return undefined;
  const { precision, scales } = element.dataset;
  const numbers = numbersOf(precision, element.textContent, scales);
  element.remove(); // its text is longer than the numbers
  return numbers;
}

const PRECISIONS = { f32: 'float32', f16: 'float16', int8: 'int8' };
const plural = (count, noun) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

function introduce(model, kernel) {
  const { cell, layers, hiddenSize } = model.config;
  const unit = model.alphabet.isBytes ? 'byte' : 'character';
  document.querySelector('#about').textContent =
    `A recurrent network (${cell.toUpperCase()}, ${plural(layers, 'layer')} of ` +
    `${plural(hiddenSize, 'unit')}) that has learnt to predict the next ${unit}. ` +
    'It runs in this page, and nothing leaves it.';
  const facts = [
    ['Weights', PRECISIONS[model.weightType]],
    [`Different ${unit}s`, model.alphabet.characters.length.toLocaleString('en')],
    ['Computed by', kernel.name],
  ];
  if (Number.isFinite(model.validationLoss)) {
    facts.push(['Validation loss', `${bits(-model.validationLoss).toFixed(3)} bits per ${unit}`]);
  }
  for (const [name, value] of facts) {
    document.querySelector('#facts').append(make('dt', {}, name), make('dd', {}, value));
  }
}

function begin() {
  const model = readModel(JSON.parse(document.querySelector('#model').textContent));
  const kernel = makeKernel(model.config);
  const network = new Network(model.config, tensor, kernel);
  const section = (Section, name) =>
    new Section(document.querySelector(name), new Reader(network, model.alphabet, model.border));
  introduce(model, kernel);
  const writing = section(WriteSection, '#write');
  const reading = section(ReadSection, '#read');
  document.querySelector('main').hidden = false;
  document.querySelector('#loading').remove();
  writing.write();
  if (reading.box.value) reading.read(); // which the browser may have kept
}

try {
  begin();
} catch (error) {
  const loading = document.querySelector('#loading');
  loading.setAttribute('role', 'alert');
  loading.textContent = `This page cannot run its network: ${error.message}.`;
  console.error(error);
}
