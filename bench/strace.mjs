// How fast recordings are read, and plans replayed. The machine's speed drifts, so each is a ratio to a plain splitter of
// the same text into lines, in the same run. `node bench/strace.mjs [MIB]`; memory is what the process held at most.
import { compose, resolveLanes } from '@cowlab/composition';
import { openWorkplace } from '@cowlab/composition/node';
import { X86_64 } from '@cowlab/core';
import { Unlogged } from '../packages/runtime/dist/index.js';
import { planReplay, replayRegistered, StraceReader } from '../packages/trace/dist/index.js';
import { Listener } from '../packages/verdict/dist/index.js';
import { KINDS, recording } from './recordings.mjs';

const MIB = Number(process.argv[2] ?? 32);
const REPLAYED_MIB = 2;
const encoder = new TextEncoder();

for (const kind of Object.keys(KINDS)) {
  const pieces = [...recording(kind, MIB * 2 ** 20)].map((piece) => encoder.encode(piece));
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const measured = [0, 1, 2].map(() => [seconds(() =>
    split(pieces)
  ), seconds(() => read(pieces)), seconds(() => listen(pieces))]).at(-1);
  const [plain, reader, listener] = measured.map((time) => bytes / 1e6 / time);
  console.log(`strace, ${kind}: ${MIB} MiB
  split into lines   ${plain.toFixed(0)} MB/s
  read               ${reader.toFixed(0)} MB/s, ${(plain / reader).toFixed(2)} times the splitter's time
  told as a story    ${listener.toFixed(0)} MB/s, ${(plain / listener).toFixed(2)} times
  memory             ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB with the recording itself`);
}
const text = [...recording('memory', REPLAYED_MIB * 2 ** 20)].join('');
const plan = planReplay({ name: 'bench', strace: text });
const commands = plan.items.reduce((sum, item) => sum + item.commands.length, 0);
const { catalogue } = await openWorkplace(process.cwd());
const lanes = await resolveLanes('linux-6.18', catalogue);
const replays = [0, 1, 2, 3].map(() => {
  const machine = new Unlogged(compose(lanes, { geometry: X86_64 })[0].branch());
  return seconds(() => replayRegistered(plan, machine));
});
const lines = text.split('\n').length;
const perLine = seconds(() => split([encoder.encode(text)])) / lines;
console.log(
  `replay: ${(commands / replays.at(-1)).toFixed(0)} commands a second on a lane, ${
    (replays.at(-1) / commands / perLine).toFixed(0)
  } times as long for one as the splitter takes for a line`,
);

function seconds(use) {
  // Of the processor, not of the clock: others may be at work here.
  const from = process.cpuUsage();
  use();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1e6;
}

function split(pieces) {
  const decoder = new TextDecoder();
  let rest = '';
  let nr = 0;
  for (const piece of pieces) {
    const parts = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    nr += parts.length;
  }
  return nr;
}

function read(pieces) {
  const reader = new StraceReader('bench', { counts: true, sink: { record() {} } });
  for (const piece of pieces) reader.write(piece);
  return reader.end();
}

function listen(pieces) {
  const listener = new Listener('bench', false);
  for (const piece of pieces) listener.write(piece);
  return listener.end();
}
