import { expect, it } from '@jest/globals';
import { isIsolated } from './asked-code.ts';
import { runIsolated } from './isolated.ts';
import { OpenQuestion, asking, QUESTIONS_BYTES } from './questions.ts';

const THREAD = `import { parentPort, workerData } from 'node:worker_threads';
const words = new Int32Array(workerData.memory);
const ask = (name) => { parentPort.postMessage({ question: 1, name }); words[0]++; words[1] = 1; };
const end = () => { words[1] = 0; };
`;
async function run(body: string, limits: { secondsMax: number; heapMibMax: number }): Promise<[number, string[]]> {
  const said: string[] = [];
  const thread = new URL(`data:text/javascript,${encodeURIComponent(THREAD + body)}`);
  return [await runIsolated(thread, [], (line) => said.push(line), limits), said];
}

it.each([
  ['answers', "ask('policy'); end(); parentPort.postMessage({ code: 1 });", 1, []],
  ['never answers', "ask('policy p: onForkPage'); for (;;);", 2, [
    'policy p: onForkPage does not answer for 1 s; mend the policy, or wait with --no-isolate',
  ]],
  ['eats the memory', "ask('policy p: onGup'); const all = []; for (;;) all.push(new Array(1e5).fill(all.length));", 2,
    ['policy p: onGup needs more than 64 MiB; mend the policy, or try --no-isolate']],
  ['leaves', "ask('policy p: onGup'); process.exit(0);", 2, [
    'policy p: onGup ended the work without an answer; mend the policy',
  ]],
  ['throws', "throw new Error('no\\nmore');", 2, ['a policy of others ended the work: no; mend the policy']],
])('a thread that %s', async (_, body, code, said) => {
  // Memory runs out before patience where it is memory that is eaten.
  const secondsMax = body.includes('all.push') ? 30 : 1;
  expect(await run(body, { secondsMax, heapMibMax: 64 })).toEqual([code, said]);
}, 60_000);

it('questions that come and go are never the same one for long', () => {
  const memory = new SharedArrayBuffer(QUESTIONS_BYTES);
  const open = new OpenQuestion(memory);
  const watch = asking(memory, (question, name) => open.named(question, name));
  const question = watch.question('p', 'onGup');
  for (let now = 0; now < 5000; now += 200) {
    watch.asked(question);
    expect(open.openFor(now)).toBe(0);
    expect(open.name).toBe("policy 'p': onGup");
    watch.answered();
    expect(open.name).toBeNull();
  }
  watch.asked(question);
  expect([open.openFor(6000), open.openFor(6700)]).toEqual([0, 700]);
});

it.each([
  ['run a.cow', false],
  ['run ./a.cow --policy linux-5.9', false],
  ['run a.cow --policy linux-5.9,early-cow:series=v2', false],
  ['run a.cow --policy linux-5.9+./mine', true],
  ['run a.cow --policy=linux-5.9+mine.mjs', true],
  ['compare a --policies linux-5.9,x=/abs/mine.ts:n=1', true],
  ['conform --live a.cow --profile ../x.js', true],
  ['matrix --kernels ./x.js', true],
  ['run a.cow --plugin cowlab-policy-x', true],
  ['--config c.mjs run a.cow', true],
  ['run a.cow --policy ./mine.mjs --no-isolate', false],
  ['run a.cow --isolate', true],
])('cowlab %s runs code of others: %s', (line, expected) => {
  expect(isIsolated(line.split(' '))).toBe(expected);
});
