// Every test of the page, or those of the files named:
//   CHARRNN_URL=http://127.0.0.1:8080/ CHARRNN_RUNS=runs node all.mjs [every_view write_view …]
// CHARRNN_LOCKED_URL: the same runs behind the key "open sesame". CHARRNN_OTHER_ORIGIN: where any page
// may be had, given to both servers as --allowed-origins; CHARRNN_STRANGE_ORIGIN: the same, not given.
// CHARRNN: the program, for tests with servers of their own (else they are left out).
import { after } from 'node:test';
import { close } from './browser.mjs';

const kAll = ['every_view', 'large_text', 'firefox_view', 'write_view', 'read_view', 'inside_view', 'memory_view', 'train_view', 'tour_view', 'locked', 'other_origin', 'served', 'scripts', 'trainings'];
const named = process.argv.slice(2);

after(close);
for (const name of named.length ? named : kAll) await import(`./${name}.mjs`);
