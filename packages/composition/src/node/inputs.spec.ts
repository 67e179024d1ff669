import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findInput, readScenario, readText } from './inputs.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cowlab-inputs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: string | Uint8Array): void => {
  mkdirSync(join(folder, 'sub'), { recursive: true });
  writeFileSync(join(folder, name), content);
};

describe('what an argument stands for', () => {
  it('a file is a scenario', () => {
    write('a.cow', 'question x\nmmap 0 0 anon 1\n');
    const input = findInput('a.cow', folder);
    expect(input).toEqual({ kind: 'scenario', path: join(folder, 'a.cow') });
    expect(readScenario(join(folder, 'a.cow')).question).toBe('x');
  });

  it.each(['sub/run.strace.gz', 'sub/run', 'sub', './sub/'])('%s is a recording with the files beside it',
    (argument) => {
      write('sub/run.strace.gz', gzipSync(''));
      write('sub/run.faults', '');
      const input = findInput(argument, folder);
      expect(input).toMatchObject({ kind: 'recording',
        files: { strace: join(folder, 'sub/run.strace.gz'), faults: join(folder, 'sub/run.faults'), accesses: null } });
      expect(input.kind === 'recording' && input.files.name).toMatch(/^(\.\/)?sub\/run$/);
    });

  it.each([
    ['nothing', 'nothing: there is no such scenario or recording; give a .cow file, or a .strace file'],
    ['sub', 'sub: the folder holds no recording (*.strace); give a .strace file'],
  ])('%s is refused', (argument, message) => {
    mkdirSync(join(folder, 'sub'));
    expect(() => findInput(argument, folder)).toThrow(message);
  });

  it('a folder with several recordings asks which', () => {
    write('sub/a.strace', '');
    write('sub/b.strace.gz', '');
    expect(() => findInput('sub', folder)).toThrow(
      'sub: the folder holds 2 recordings; give one of a.strace, b.strace.gz',
    );
  });
});

it('a gzipped file is unzipped whatever its name, a broken one is refused in one line', () => {
  write('a.txt', gzipSync('hello'));
  expect(readText(join(folder, 'a.txt'))).toBe('hello');
  write('b.gz', gzipSync('hello, this is long enough to be cut').subarray(0, 20));
  expect(() => readText(join(folder, 'b.gz'))).toThrow(
    /^b\.gz: cannot be read \(.+\); check the path, or copy the file again$/,
  );
  expect(() => readText(join(folder, 'c.txt'))).toThrow(/^c\.txt: cannot be read \(ENOENT.+\); check the path/);
});
