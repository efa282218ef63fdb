import { render } from 'preact';
import { startLive } from './live.ts';
import { Shell } from './shell.tsx';

const app = document.querySelector('#app');
if (app) render(<Shell />, app);
startLive();
