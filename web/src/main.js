import { mount } from 'svelte';
import './fonts.css';
import './page.css';
import App from './App.svelte';

mount(App, { target: document.getElementById('page') });
