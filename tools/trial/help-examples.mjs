// Every example that the help of a command shows is carried out, in its order: one may read what another wrote.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { root } from '../workspace.mjs';

/** What cannot be asked everywhere, or takes minutes, and why. A first match counts. */
const SKIPPED = [
  [/^cowlab kernels (fetch|list(?! --fetched))/, 'it asks a distribution'],
  [/^cowlab kernels record/, 'it boots kernels that were fetched'],
  [/^cowlab conform --golden rec$/, 'it reads what cowlab kernels record writes'],
  [/^cowlab fuzz .*--programs 5000/, 'it takes minutes'],
  [/^cowlab fuzz --guest/, 'it boots a kernel that was fetched'],
  [/^cowlab calibrate/, 'it takes minutes'],
  [/^cowlab project --redis/, 'it reads what a Redis of yours says'],
  [/^cowlab trace/, 'it records a program of yours'],
  [/^cowlab verdict app[.](strace|cowtrace)/, 'it reads what cowlab trace writes'],
  [/^cowlab studio (?!.*--out)/, 'it serves until somebody stops it'],
  [/^cowlab (campaign|worker)/, 'it needs pg-boss and a database beside cowlab'],
  [/^cowlab inspect/, 'it looks at a process of yours'],
];
const LIVE = /^cowlab (record|fuzz|conform --live)/;

/** Prints the help of the program, of its commands and of theirs, apart by a line of their own. In one process: many. */
const HELPS = `import { main } from 'cowlab';
async function help(...command) {
  let text = '';
  const io = { stdout: { write: (part) => (text += part) }, stderr: process.stderr, cwd: process.cwd(), env: {} };
  if (await main([...command, '--help'], io) !== 0) process.exit(1);
  console.log(text + '\\f');
  const [, listed = ''] = /\\nCommands:\\n([^]*?)(?:\\n\\n|$)/.exec(text) ?? [];
  for (const [, name] of listed.matchAll(/^ {2}(\\w[\\w-]*)/gm)) if (name !== 'help') await help(...command, name);
}
await help();
`;

const examplesOf = (help) => {
  const [, below = ''] = /\nExamples?:\n([^]*)$/.exec(help) ?? [];
  return [...below.matchAll(/^ {2}\$ (cowlab .*)$/gm)].map(([, line]) => line);
};

async function whyNotLive() {
  const { whyNotLive: why } = await import(pathToFileURL(join(root, 'packages/oracle/dist/live.js')).href);
  return why();
}

/** Returns how many ran, and what was left out for which reason. */
export async function runHelpExamples(folder) {
  const notLive = await whyNotLive();
  folder.write('helps.mjs', HELPS);
  const lines = [...new Set(folder.runs('helps.mjs').split('\f').flatMap(examplesOf))];
  const left = [];
  let ran = 0;
  for (const line of lines) {
    const [, reason] = SKIPPED.find(([pattern]) => pattern.test(line)) ?? (LIVE.test(line) ? [line, notLive] : []);
    if (typeof reason === 'string') left.push(`${line}: ${reason}`);
    else {
      folder.cowlab(line.replace(/^cowlab /, ''));
      ran++;
    }
  }
  return { ran, left };
}
