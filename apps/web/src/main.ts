import './app/zod-without-eval.ts';
// One variable typeface, served from here; the browser fetches only the scripts that a page shows.
import '@fontsource-variable/inter';
import './design/fonts.css';
import './design/tokens.css';
import './design/base.css';
import { mount } from 'svelte';
import App from './App.svelte';

const target = document.getElementById('app');
if (target) mount(App, { target });
