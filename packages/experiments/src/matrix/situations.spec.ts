import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chooseSituations } from './situations.ts';
import { readSituations } from '../node/read-situations.ts';

const COW = 'question Why?\nmmap 0 0 anon 1\nwrite 0 0 0 1\n';
let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'cowlab-situations-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function holding(...files: readonly string[]): string {
  const path = mkdtempSync(join(folder, 'f-'));
  for (const file of files) writeFileSync(join(path, file), COW);
  return path;
}

describe('situations', () => {
  it('of the checkout are found from the package, in the order of their rows', () => {
    const ours = readSituations(null);
    expect(new Set(ours.map(({ row }) => row)).size).toBe(30);
    expect(ours.slice(20, 24).map(({ id }) => id)).toEqual(['21', '21b', '22', '22b']);
    expect(ours[0].text).toBe('R/W pin, fork, the parent writes first');
    expect(ours[21].text).toBe('MAP_SHARED pages of a file pinned, fork');
  });

  it('of another folder are its numbered files; without a title they are called by their question', () => {
    const found = readSituations(holding('31-b.cow', '7c-a.cow', 'README.md'));
    expect(found.map(({ id, row, file, text }) => ({ id, row, file, text }))).toEqual([{ id: '7c', row: 7,
      file: '7c-a.cow', text: 'Why?' }, { id: '31', row: 31, file: '31-b.cow', text: 'Why?' }]);
  });

  it.each<[string, () => string, string]>([
    ['that is not there', () => join(folder, 'no'),
      'DIR: the situations cannot be read (ENOENT: no such file or directory, scandir'],
    ['without situations', () => holding('notes.txt'),
      'DIR: the folder holds no situation (*.cow); give the folder of the situations: --situations DIR, '
      + 'ours are examples/situations'],
    ['with a file that has no number', () => holding('01-a.cow', 'rdma.cow'),
      'rdma.cow: the name of a situation begins with the number of its row; name it as in 07-what-happens.cow'],
    ['with two files of one row', () => holding('01-a.cow', '1-b.cow'),
      '1-b.cow: there are two files of row 1; name one of them 1b-...'],
  ])('of a folder %s are refused', (_name, path, message) => {
    expect(() => readSituations(path(), 'DIR')).toThrow(message);
  });

  it('are chosen by number, range and letter, in their own order', () => {
    const ours = readSituations(null);
    const ids = (rows: string): string => chooseSituations(ours, rows).map(({ id }) => id).join(' ');
    expect(ids('28,1-3')).toBe('1 2 3 28 28b');
    expect(ids('22b, 5')).toBe('5 22b');
    expect(ids('3,1-4,3')).toBe('1 2 3 4');
    for (const odd of ['0', '31', '5-4', '22x', 'x', '', '1,,2', '1-'])
      expect(() => ids(odd)).toThrow(/is no row; rows are 1 to 30: write 7, 1-6 or 22b, joined by commas$/);
  });
});
