// A child process that stays: it loads the specs once and is sent one mutant after the other, whose functions V8 puts in
// place of the old ones while the process lives. Nothing starts anew and all other code stays optimised, so that most
// mutants are dead within a second. What it cannot change so (code that ran when its module was loaded), and whoever
// survives here, is tried again in a process of its own.
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { Session } from 'node:inspector/promises';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';

const task = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { sources, built } = JSON.parse(readFileSync(task.layout, 'utf8'));
register('./hooks.mjs', import.meta.url, {
  data: { sources, built, replaced: task.replaced, words: new URL('jest-words.mjs', import.meta.url).href },
});
fc.configureGlobal({ endOnFailure: true });
const { runTests, toldOf } = await import('./jest-words.mjs');

const session = new Session();
session.connect();
/** Url of a module → what V8 calls it. */
const scripts = new Map();
session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => void scripts.set(url, scriptId));
await session.post('Debugger.enable');

const tests = new Map();
for (const spec of task.specs) tests.set(spec, await toldOf(() => import(pathToFileURL(spec).href)));
// Async rejections of a mutant that is gone already are not this one's.
process.on('unhandledRejection', () => undefined);
process.on('message', (asked) => void answer(asked));
process.send({ ready: true });

async function answer({ url, original, mutant, specs }) {
  const said = await tried(url, mutant, specs);
  if (said.changed) await put(url, original);
  process.send(said);
}

async function tried(url, mutant, specs) {
  if (!await put(url, mutant)) return { changed: false };
  for (const spec of specs) {
    process.send({ begins: spec });
    try {
      await runTests(tests.get(spec));
    } catch (error) {
      return { changed: true, failed: true, spec, what: String(error?.message ?? error).split('\n')[0] };
    }
  }
  return { changed: true, failed: false };
}

async function put(url, file) {
  const scriptId = scripts.get(url);
  if (scriptId === undefined) return false;
  try {
    const { status } = await session.post('Debugger.setScriptSource', { scriptId,
      scriptSource: readFileSync(file, 'utf8') });
    return status === undefined || status === 'Ok';
  } catch {
    return false;
  }
}
