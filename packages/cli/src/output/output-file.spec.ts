import { execFileSync } from 'node:child_process';
import { linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync,
  writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OutputFile } from './output-file.ts';
import { OutputFolder } from './output-folder.ts';
import { keepApart, placesIn } from './same-file.ts';

const isRoot = process.geteuid?.() === 0;
let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-output-'));
  writeFileSync(join(cwd, 'old'), 'old');
  symlinkSync('old', join(cwd, 'link'));
  symlinkSync('nothing', join(cwd, 'dangling'));
  mkdirSync(join(cwd, 'folder'));
  symlinkSync('folder', join(cwd, 'to-folder'));
  execFileSync('mkfifo', [join(cwd, 'fifo')]);
});
afterEach(() => rmSync(cwd, { recursive: true }));

const io = () => ({ cwd, env: {}, stdout: { write: () => true }, stderr: { write: () => true } });
const left = (): string[] => readdirSync(cwd).filter((name) => name.includes('.part'));
const put = (file: string, force = false, text: string | Iterable<string> = 'new'): void =>
  OutputFile.at(io(), file, { force }).write(text);

describe('a file is written whole', () => {
  it('where none was, in one piece or in many', () => {
    put('one');
    put('many', false, (function*() {
      for (let i = 0; i < 300_000; i++) yield `line ${i}\n`;
    })());
    expect(readFileSync(join(cwd, 'one'), 'utf8')).toBe('new');
    expect(readFileSync(join(cwd, 'many'), 'utf8').split('\n')).toHaveLength(300_001);
    expect(left()).toEqual([]);
  });

  it('over a regular file only when that is asked for, which keeps its mode', () => {
    expect(() => put('old')).toThrow('old is there already; choose another name, or --force to overwrite it');
    execFileSync('chmod', ['600', join(cwd, 'old')]);
    put('old', true);
    expect([readFileSync(join(cwd, 'old'), 'utf8'), lstatSync(join(cwd, 'old')).mode & 0o777]).toEqual(['new', 0o600]);
  });

  it('or not at all: what fails on the way leaves the old one', () => {
    const torn = (function*() {
      yield 'half';
      throw new Error('the work broke off');
    })();
    expect(() => put('old', true, torn)).toThrow('the work broke off');
    expect([readFileSync(join(cwd, 'old'), 'utf8'), left()]).toEqual(['old', []]);
  });

  it('and not over what came there while the work was done', () => {
    const file = OutputFile.at(io(), 'late');
    writeFileSync(join(cwd, 'late'), 'of somebody else');
    expect(() => file.write('new')).toThrow('late is there already');
    expect([readFileSync(join(cwd, 'late'), 'utf8'), left()]).toEqual(['of somebody else', []]);
  });
});

describe.each([false, true])('with --force %s', (force) => {
  it.each([
    ['link', 'link is a symbolic link, and nothing is written through links; name the file itself'],
    ['dangling', 'dangling is a symbolic link'],
    ['folder', 'folder is a folder; name a file in it'],
    ['fifo', 'fifo is no regular file, and only such are replaced; choose another place'],
    ['no/such', 'no/such cannot be written (ENOENT'],
    ['old/below', 'old/below cannot be written (ENOTDIR'],
    ['x'.repeat(300), 'cannot be written (ENAMETOOLONG'],
    ['', 'a file has no name'],
  ])('%s is refused before the work', (name, why) => {
    expect(() => OutputFile.at(io(), name, { force })).toThrow(why);
    expect([readFileSync(join(cwd, 'old'), 'utf8'), left()]).toEqual(['old', []]);
  });
});

describe('two names of one file', () => {
  it.each([
    [['old'], ['./folder/../old']],
    [['old'], ['link']],
    [['link'], ['old']],
    [['old'], ['hard']],
    [[], ['folder/new', 'to-folder/new']],
    [[], ['new', './new']],
  ])('%j and %j are refused', (inputs, outputs) => {
    linkSync(join(cwd, 'old'), join(cwd, 'hard'));
    expect(() => keepApart(placesIn(cwd, inputs), placesIn(cwd, outputs))).toThrow('is the same file as');
  });

  it('two files are none', () => {
    keepApart(placesIn(cwd, ['old', 'not-there']), placesIn(cwd, ['new', 'folder/new']));
  });
});

describe('a folder', () => {
  it('comes about with its first file', () => {
    const folder = OutputFolder.at(io(), '--out', 'a/b');
    expect(readdirSync(cwd)).not.toContain('a');
    folder.file('x').write('1');
    expect(readFileSync(join(cwd, 'a/b/x'), 'utf8')).toBe('1');
    expect(() => folder.file('x')).toThrow('a/b/x is there already');
  });

  it('keeps every finding: the same one once, another one under the next name', () => {
    const folder = OutputFolder.at(io(), '--out', 'found');
    expect(['one', 'one', 'two', 'three', 'two'].map((text) => folder.keep('7-golden-1', '.cow', text))).toEqual(
      ['found/7-golden-1.cow', 'found/7-golden-1.cow', 'found/7-golden-1-2.cow', 'found/7-golden-1-3.cow',
        'found/7-golden-1-2.cow'],
    );
  });

  it.each([
    ['old', '--out old cannot be written (ENOTDIR'],
    ['old/below', '--out old/below cannot be written (ENOTDIR'],
    ['to-folder', '--out to-folder is a symbolic link'],
    ['dangling', '--out dangling is a symbolic link'],
  ])('%s is refused before the work', (name, why) => {
    expect(() => OutputFolder.at(io(), '--out', name)).toThrow(why);
  });
});

(isRoot ? describe : describe.skip)(`where other users are${isRoot ? '' : ' (skipped: not run as root)'}`, () => {
  const NOBODY = '65534';

  it('nothing is written through a link that another user made on the way', () => {
    execFileSync('chown', ['-h', NOBODY, join(cwd, 'to-folder')]);
    expect(() => OutputFile.at(io(), 'to-folder/new', { force: true })).toThrow(
      `to-folder/new cannot be written (${join(cwd, 'to-folder')} is a link that another user made)`,
    );
    execFileSync('chown', ['-h', '0', join(cwd, 'to-folder')]);
    put('to-folder/new');
    expect(readFileSync(join(cwd, 'folder/new'), 'utf8')).toBe('new');
  });

  it('a device node stays what it is', () => {
    const made = (() => {
      try {
        execFileSync('mknod', [join(cwd, 'null'), 'c', '1', '3'], { stdio: 'ignore' });
        return true;
      } catch {
        return false;
      }
    })();
    if (!made) return;
    expect(() => OutputFile.at(io(), 'null', { force: true })).toThrow('null is no regular file');
    expect(lstatSync(join(cwd, 'null')).isCharacterDevice()).toBe(true);
  });
});
