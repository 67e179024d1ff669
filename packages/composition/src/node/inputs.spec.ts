import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findInput, readScenario } from './inputs.ts';
import { lookAt, readLines, readText } from './read-text.ts';

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
    ['nothing', 'nothing: there is no such scenario or recording; give a .cow file, a .strace file, or a .cowtrace'],
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

describe('what is no text is refused in one line, and none is waited for', () => {
  it.each([
    ['fifo', 'fifo: is no regular file; give a file'],
    ['sub', 'sub: is a folder; give a file'],
    ['loop', 'loop: cannot be read (ELOOP'],
    ['a.cow/x', 'x: cannot be read (ENOTDIR'],
    ['n'.repeat(300), 'cannot be read (ENAMETOOLONG'],
    ['/dev/zero', 'zero: is no regular file'],
  ])('%s', (name, message) => {
    write('a.cow', 'x');
    symlinkSync('loop', join(folder, 'loop'));
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    const path = name.startsWith('/') ? name : join(folder, name);
    expect(() => readText(path)).toThrow(message);
    expect(() => [...readLines(path)]).toThrow(message);
    expect(() => findInput(name, folder)).toThrow(/^[^\n]+$/);
  });

  it('a text that is larger than the limit, plain or zipped', () => {
    write('plain', 'x'.repeat(1000));
    write('zipped.gz', gzipSync('x'.repeat(100_000)));
    expect(readText(join(folder, 'plain'), 'plain', 1000)).toHaveLength(1000);
    expect(() => readText(join(folder, 'plain'), 'plain', 999)).toThrow(
      'plain: holds more than 999 bytes, unpacked; cut it into smaller files',
    );
    expect(() => readText(join(folder, 'zipped.gz'), 'z', 99_999)).toThrow('z: holds more than 99999 bytes, unpacked');
  });
});

it('lines come with their ends, also across the pieces in which a file is read', () => {
  const lines = Array.from({ length: 60_000 }, (_, nr) => `line ${nr} \u00e4\u{1f404}${'-'.repeat(nr % 97)}\n`);
  for (const text of [lines.join(''), `${lines.join('')}torn`, '', '\n', 'torn']) {
    write('long', text);
    write('long.gz', gzipSync(text));
    const whole = text.split(/(?<=\n)/).filter((line) => line !== '');
    expect([...readLines(join(folder, 'long'))]).toEqual(whole);
    expect([...readLines(join(folder, 'long.gz'))]).toEqual(whole);
  }
});

it('what is there is told apart, and what cannot be looked at is not there', () => {
  write('a', 'x');
  symlinkSync('loop', join(folder, 'loop'));
  expect(
    ['a', 'sub', '/dev/null', 'loop', 'a/x', 'b'].map((name) =>
      lookAt(name.startsWith('/') ? name : join(folder, name))
    ),
  ).toEqual(['file', 'folder', 'other', 'nothing', 'nothing', 'nothing']);
});
