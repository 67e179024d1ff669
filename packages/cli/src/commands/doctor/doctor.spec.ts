import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { main } from '../../cli.ts';

let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-doctor-'));
  mkdirSync(join(cwd, 'cache', 'cowlab'), { recursive: true, mode: 0o700 });
});
afterAll(() => rmSync(cwd, { recursive: true }));

async function doctor(flags: string, cache = 'cache'): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const io = { stdout: { write: (text: string) => void (said.out += text) },
    stderr: { write: (text: string) => void (said.err += text) }, cwd, env: { XDG_CACHE_HOME: join(cwd, cache) } };
  return { code: await main(['doctor', ...flags.split(' ').filter((flag) => flag !== '')], io), ...said };
}

interface Health {
  readonly changed: { readonly isOwned: boolean } | null;
  readonly complaints: readonly string[];
  readonly mended: readonly string[];
}
const health = async (flags: string, cache?: string): Promise<Health> =>
  JSON.parse((await doctor(`${flags} --json`, cache)).out) as Health;

describe('cowlab doctor', () => {
  it('tells of settings, caches and what can be judged, in lines that fit', async () => {
    const { out, err } = await doctor('');
    expect(err).toBe('');
    expect(out).toMatch(/^settings {2}thp \S+, khugepaged \S+, pool \S+/);
    expect(out.replace(/\s+/g, ' ')).toContain(`cache ${join(cwd, 'cache', 'cowlab')}: 0 compiled programs`);
    expect(out).toMatch(/^ {2}page frames {7}(yes|no: \S)/m);
  });

  it('a program that is not as it was compiled is told, and removed', async () => {
    const name = 'runner-0123456789abcdef';
    writeFileSync(join(cwd, 'cache', 'cowlab', name), '#!/bin/sh\n');
    writeFileSync(join(cwd, 'cache', 'cowlab', `${name}.sha256`), 'of another one');
    expect((await health('')).complaints).toContain(`${name} is not as it was compiled`);
    expect((await doctor('')).code).toBe(1);
    const { complaints, mended } = await health('--mend');
    expect(mended).toContain('1 spoiled programs removed; they are compiled again when they are needed');
    expect(complaints.filter((line) => line.includes(name))).toEqual([]);
    expect(readdirSync(join(cwd, 'cache', 'cowlab'))).toEqual([]);
  });

  it('a cache that others may have filled is told', async () => {
    mkdirSync(join(cwd, 'other'));
    symlinkSync(join(cwd, 'cache'), join(cwd, 'other', 'cowlab'));
    expect((await health('', 'other')).complaints).toEqual(
      expect.arrayContaining([expect.stringContaining('cowlab: is a symbolic link; set XDG_CACHE_HOME')]),
    );
  });
});
