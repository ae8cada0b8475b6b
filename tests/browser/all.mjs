// Every test of the page:   CHARRNN_URL=http://127.0.0.1:8080/ CHARRNN_RUNS=runs node --test all.mjs
// (CHARRNN_LOCKED_URL: the same runs behind the key "open sesame")
import { after } from 'node:test';
import { close } from './browser.mjs';

after(close);
await import('./every_view.mjs');
await import('./write_view.mjs');
await import('./inside_view.mjs');
await import('./memory_view.mjs');
await import('./train_view.mjs');
await import('./tour_view.mjs');
await import('./locked.mjs');
