import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { EXAMPLES, examplePath, inputPath } from './examples.ts';
import { findInput, readScenario } from './inputs.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cowlab-examples-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('a scenario and a recording that come along are found from an empty folder', () => {
  expect(readScenario(inputPath('examples/rdma.cow', folder)).program.steps.length).toBeGreaterThan(3);
  expect(findInput('./examples/recordings/uring-fork', folder)).toMatchObject({ kind: 'recording',
    files: { name: './examples/recordings/uring-fork', faults: examplePath('recordings/uring-fork.faults.gz') } });
});

it("the reader's own file of that name comes first, also where ours has none", () => {
  mkdirSync(join(folder, 'examples/recordings'), { recursive: true });
  for (const name of ['rdma.cow', 'mine.cow', 'recordings/uring-fork.strace'])
    writeFileSync(join(folder, 'examples', name), '');
  for (const name of ['examples/rdma.cow', 'examples/mine.cow', 'examples/recordings/uring-fork'])
    expect(inputPath(name, folder)).toBe(join(folder, name));
});

it('what nobody has is looked for where it was said to be', () => {
  expect(inputPath('examples/none.cow', folder)).toBe(join(folder, 'examples/none.cow'));
  expect(inputPath('rdma.cow', folder)).toBe(join(folder, 'rdma.cow'));
});

it('the folders of what comes along hold something', () => {
  const folders = Object.keys(EXAMPLES).filter((name) => !name.includes('.'));
  for (const name of folders) expect([name, readdirSync(examplePath(name)).length > 2]).toEqual([name, true]);
});
