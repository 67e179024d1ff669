// What specs import from '@jest/globals', without jest: they run one after the other in this process, in Node's own
// module loader, and stop at the first that fails. `expect` is jest's own. Several times faster than in jest's contexts.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../workspace.mjs';

const from = (...names) =>
  names.reduce((require, name) => createRequire(require.resolve(name)), createRequire(join(root, 'package.json')));
export const { expect } = from('jest', '@jest/core', '@jest/expect')('expect');
const { ModuleMocker } = from('@jest/globals')('jest-mock');
const mocker = new ModuleMocker(globalThis);

export const jest = {
  setTimeout: () => jest,
  fn: (...args) => mocker.fn(...args),
  spyOn: (...args) => mocker.spyOn(...args),
  restoreAllMocks: () => mocker.restoreAllMocks(),
  clearAllMocks: () => mocker.clearAllMocks(),
};

const scope = (above, title) => ({ above, title, beforeAll: [], afterAll: [], beforeEach: [], afterEach: [],
  tests: [] });
let current = scope(null, '');

/** Rows of a table: arrays are spread, all else is one argument. */
const each = (word) => (table) => (title, run, patience) => {
  if (!Array.isArray(table)) throw new TypeError('tables of it.each are arrays here');
  for (const row of table) {
    const args = Array.isArray(row) ? row : [row];
    word(title, run.length > args.length ? () => new Promise((done) => run(...args, done)) : () => run(...args),
      patience);
  }
};

export function describe(title, body) {
  const outer = current;
  current = scope(outer, title);
  outer.tests.push(current);
  body();
  current = outer;
}
describe.each = each(describe);
describe.skip = () => undefined;
describe.skip.each = () => () => undefined;

export function it(title, run) {
  current.tests.push({ title, run });
}
it.each = each(it);
it.skip = () => undefined;
it.skip.each = () => () => undefined;
export const test = it;
export const beforeAll = (run) => void current.beforeAll.push(run);
export const afterAll = (run) => void current.afterAll.push(run);
export const beforeEach = (run) => void current.beforeEach.push(run);
export const afterEach = (run) => void current.afterEach.push(run);

// `policyContract` asks for the words that are around.
Object.assign(globalThis, { describe, it, test, beforeAll, afterAll, beforeEach, afterEach });

export class TestFailed extends Error {
  constructor(title, cause) {
    super(`${title}: ${String(cause?.message ?? cause).split('\n')[0]}`, { cause });
  }
}

/** What `load` tells: tests that can be run again and again. */
export async function toldOf(load) {
  await load();
  const told = current;
  current = scope(null, '');
  return told;
}

/** Returns how many tests ran. @throws TestFailed at the first failure */
export const runTests = (told) => runScope(told, [], []);

async function runScope(told, before, after) {
  let nr = 0;
  const befores = [...before, ...told.beforeEach];
  const afters = [...told.afterEach, ...after];
  await guarded(`${told.title} beforeAll`, told.beforeAll);
  for (const one of told.tests) {
    if (one.tests !== undefined) nr += await runScope(one, befores, afters);
    else {
      await guarded(one.title, [...befores, one.run, ...afters]);
      nr++;
    }
  }
  await guarded(`${told.title} afterAll`, told.afterAll);
  return nr;
}

async function guarded(title, runs) {
  try {
    for (const run of runs) await run();
  } catch (cause) {
    throw new TestFailed(title, cause);
  }
}
