import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseScenario } from '@cowlab/scenario';
import { liveCase, readLiveCases } from './live-cases.ts';

let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-cases-'));
  const scenario = 'question ?\nmmap 0 0 anon 1\n';
  mkdirSync(join(cwd, 'some/deeper'), { recursive: true });
  mkdirSync(join(cwd, 'none'));
  for (const name of ['some/b.cow', 'some/a.cow', 'some/deeper/c.cow']) writeFileSync(join(cwd, name), scenario);
  writeFileSync(join(cwd, 'mine.programs.txt'),
    'prog 7\nwatch 0 0\nmmap 0 0 anon 1\nend\nprog 8\nmmap 0 0 anon 2\nend\n');
});
afterAll(() => rmSync(cwd, { recursive: true }));

describe('what is asked of a live kernel', () => {
  const names = (...given: string[]): string[] => readLiveCases(given, cwd).map(({ name }) => name);

  it('is a scenario, all of a folder, or each program of a set', () => {
    expect(names('some', 'some/a.cow')).toEqual(['some/a.cow', 'some/b.cow', 'some/deeper/c.cow', 'some/a.cow']);
    expect(names('mine.programs.txt')).toEqual(['mine.programs.txt:7', 'mine.programs.txt:8']);
    expect(readLiveCases(['mine.programs.txt'], cwd).map(({ scenario, program }) => [scenario, program.watch])).toEqual(
      [[null, { 0: [0] }], [null, {}]],
    );
  });

  it('is named where it is not there', () => {
    expect(() => names('none')).toThrow(
      'none: the folder holds no scenario (*.cow); give a .cow file, or a folder of some',
    );
    expect(() => names('nowhere.cow')).toThrow(/^nowhere\.cow: cannot be read/);
  });

  it('watches pages that are expected something of, then those that steps touch; a watch line wins', () => {
    const text =
      'mmap 0 0 anon 30\nmmap 0 1 anon 4\npin 0 0 0 3 9\nwrite 0 0 20 1\nwrite 0 1 2 1\nexpect * value 0 0 29 '
      + '0\nexpect * device 0 5 0\n';
    const watch = (head: string): unknown =>
      liveCase('x', parseScenario(`question ?\n${head}${text}`, 'x')).program.watch;
    expect(watch('')).toEqual({ 0: [29, 5, 0, 3, 11, 20], 1: [0, 2] });
    expect(watch('watch 0 7\n')).toEqual({ 0: [7], 1: [0, 2] });
  });
});
