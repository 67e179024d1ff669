/** Where the page begins, and its worker, which is the same text. */
import { render } from 'preact';
import { effect } from '@preact/signals';
import type { StudioDocument } from '../src/document/document.ts';
import { followAddress, openAddress } from './address.ts';
import { onKey } from './keys.ts';
import { probe } from './probe.ts';
import { asked, theme } from './state.ts';
import { App } from './views/app.tsx';
import { isWorker, work } from './work/worker.ts';

async function begin(): Promise<void> {
  const embedded = JSON.parse(document.getElementById('cowlab-document')?.textContent ?? 'null') as
    | StudioDocument
    | null;
  globalThis.cowlab = probe;
  await openAddress(embedded);
  const app = document.getElementById('app');
  if (app === null) return;
  render(<App />, app);
  document.addEventListener('keydown', onKey);
  window.addEventListener('hashchange', () => void openAddress(embedded));
  effect(() => {
    document.documentElement.dataset.theme = theme.value.name;
    document.documentElement.style.colorScheme = asked.value ?? 'light dark';
  });
  followAddress();
}

if (isWorker) work();
else void begin();
