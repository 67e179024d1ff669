// Damages lines of the recordings in packages/verdict/fixtures and asks for a verdict on each: nothing may crash or hang,
// and no SAFE may come of damage. `node tools/mutate-recordings.mjs --lines 1e7 [--seed 1] [--show 10] [--minutes N]`; build first.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './workspace.mjs';

const { values } = parseArgs({
  options: { lines: { type: 'string', default: '1e5' }, seed: { type: 'string', default: '1' },
    show: { type: 'string', default: '10' }, minutes: { type: 'string', default: 'Infinity' } },
});
const dist = (name, entry = 'index') => import(join(root, `packages/${name}/dist/${entry}.js`));
const [{ damaged, DAMAGES, MODEL_BROKE, NOTICEABLE, pick, randomOf, verdictOn }, { resolveLanes },
  { openCatalogue, readText }] = await Promise.all([
    dist('verdict'),
    dist('composition'),
    dist('composition', 'node'),
  ]);

const folder = join(root, 'packages/verdict/fixtures');
const lanes = await resolveLanes('linux-5.9-rc5,linux-6.18',
  await openCatalogue({ cwd: root, from: 'mutate-recordings' }));
const isBad = (word) => word === 'UNSAFE' || word === 'DEPENDS';
const recordings = readdirSync(folder).filter((name) => /\.strace$/.test(name) && !/perf-trace/.test(name)).map(
  (name) => {
    const lines = readText(join(folder, name)).replace(/\n$/, '').split('\n');
    const words = Object.fromEntries(
      verdictOn({ name, strace: `${lines.join('\n')}\n` }, lanes).kernels.map((one) => [one.kernel, one.verdict]),
    );
    return { name, lines, words };
  },
);

/** Above that, something hangs. */
const SLOW_MS = 3000;
const random = randomOf(Number(values.seed));
const all = Number(values.lines);
const seen = { lines: 0, refused: 0, crashes: 0, slow: 0, toGood: 0 };
let shown = 0;
const show = (...what) => {
  if (shown++ < Number(values.show)) console.log(...what);
};
const until = performance.now() + Number(values.minutes) * 60_000;
while (seen.lines < all && performance.now() < until) {
  const { name, lines, words } = recordings[pick(recordings.length, random)];
  const kind = DAMAGES[pick(DAMAGES.length, random)];
  const index = pick(lines.length, random);
  const text = `${damaged(lines, kind, random, index).join('\n')}\n`;
  seen.lines += lines.length;
  const begun = performance.now();
  try {
    const { kernels, replay } = verdictOn({ name, strace: text }, lanes);
    if (replay?.refused?.startsWith(MODEL_BROKE) === true) throw new Error(replay.refused);
    for (const { kernel, verdict } of kernels) {
      if (!NOTICEABLE.includes(kind) || !isBad(words[kernel]) || isBad(verdict)) continue;
      seen.toGood++;
      show(
        `${name} ${kernel}: ${words[kernel]} became ${verdict} by ${kind} in line ${index + 1}\n  ${
          lines[index].slice(0, 150)
        }\n  ${text.split('\n')[index].slice(0, 150)}`,
      );
    }
  } catch (error) {
    if (error.name === 'TraceError' && !error.message.includes('\n')) seen.refused++;
    else {
      seen.crashes++;
      show(`${name}: ${kind} in line ${index + 1}: ${error.stack}\n  ${text.split('\n')[index]}`);
    }
  }
  if (performance.now() - begun > SLOW_MS) seen.slow++;
}
console.log(
  `${seen.lines} lines: ${seen.refused} refused, ${seen.crashes} crashes, ${seen.slow} slow, ${seen.toGood} too good`,
);
process.exitCode = seen.crashes + seen.slow > 0 ? 1 : 0;
