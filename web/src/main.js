import { mount } from 'svelte';
import './fonts.css';
import './page.css';
import App from './App.svelte';

const WAIT = 1000; // milliseconds, at most

// Text set before its face is there would move when it comes. So the page waits for the faces; one that is
// late does without (`font-display: optional`).
const loaded = Promise.allSettled([...document.fonts].map((face) => face.load()));
await Promise.race([loaded, new Promise((resolve) => setTimeout(resolve, WAIT))]);
mount(App, { target: document.getElementById('page') });
