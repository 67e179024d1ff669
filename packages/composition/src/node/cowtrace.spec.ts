/** One file that holds a whole recording: packed and read again, and damaged. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import { COWTRACE, manifestOf, readCowtrace } from './cowtrace.ts';
import { findInput } from './inputs.ts';
import { readRecordingText, TEXT_BYTES_MAX } from './read-text.ts';
import { packTar, tarMembers } from './tar.ts';

const folder = mkdtempSync(join(tmpdir(), 'cowlab-cowtrace-'));
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const MANIFEST = { format: 'cowtrace', version: 1, command: ['./a'], attachedTo: null, kernel: '6.18.44', calls: [],
  recorders: [], quality: ['perf lost 3 of 10 samples'] };

function written(name: string, manifest: object, ...more: readonly (readonly [string, string])[]): string {
  const path = join(folder, name);
  const files = [[COWTRACE.manifest, JSON.stringify(manifest)], [COWTRACE.strace, '1 execve() = 0\n'],
    ...more] as const;
  writeFileSync(path, gzipSync(packTar(files.map(([member, text]) => [member, bytes(text)]), 1e9)));
  return path;
}

describe('a .cowtrace', () => {
  it('is a tar archive that tar reads, whatever the lengths of its members', () => {
    const texts = [0, 1, 511, 512, 513, 5000].map((length) => [`of-${length}`, 'x'.repeat(length)] as const);
    const tar = packTar(texts.map(([name, text]) => [name, bytes(text)]), 1e9);
    const { stdout, status } = spawnSync('tar', ['-tvf', '-'], { input: tar, encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout.trim().split('\n').map((line) => line.split(/\s+/)).map((words) => [words[2], words.at(-1)])).toEqual(
      texts.map(([name, text]) => [String(text.length), name]),
    );
    expect([...(tarMembers(tar) ?? [])].map(([name, text]) => [name, new TextDecoder().decode(text)])).toEqual(texts);
  });

  it('holds a recording under the names of its members', () => {
    const path = written('app.cowtrace', MANIFEST, [COWTRACE.faults, 'samples\n']);
    const found = findInput('app.cowtrace', folder);
    expect(found).toEqual({ kind: 'recording',
      files: { name: 'app', strace: join(path, COWTRACE.strace), faults: join(path, COWTRACE.faults),
        accesses: null } });
    expect(readRecordingText(join(path, COWTRACE.strace))).toBe('1 execve() = 0\n');
    expect(manifestOf(readCowtrace(path, 'app.cowtrace', TEXT_BYTES_MAX), 'app.cowtrace')).toMatchObject({
      kernel: '6.18.44',
    });
  });

  it('is refused in one line when it is something else, or of another version', () => {
    const other = join(folder, 'other.cowtrace');
    writeFileSync(other, 'execve() = 0\n');
    expect(() => readCowtrace(other, 'other', TEXT_BYTES_MAX)).toThrow(/^other: is no recording of cowlab trace/);
    const newer = written('newer.cowtrace', { ...MANIFEST, version: 9 });
    expect(() => manifestOf(readCowtrace(newer, 'newer', TEXT_BYTES_MAX), 'newer')).toThrow(/is of another version/);
    expect(() => readCowtrace(written('large.cowtrace', MANIFEST, ['x', 'y'.repeat(9999)]), 'large', 4096)).toThrow(
      /holds too much/,
    );
  });

  it('that was cut off keeps what is whole', () => {
    const tar = packTar([['a', bytes('x'.repeat(600))], ['b', bytes('y'.repeat(600))]], 1e9);
    expect([...(tarMembers(tar.subarray(0, tar.length - 1800)) ?? [])].map(([name]) => name)).toEqual(['a']);
  });
});
