import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync,
  symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cacheFolder, whyNotOwn } from './cache-folder.ts';
import { compiled, compiler } from './compile.ts';

const isRoot = process.geteuid?.() === 0;
const NOBODY = 65534;
let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cowlab-cache-'));
  writeFileSync(join(root, 'file'), '');
  for (const name of ['home', 'tmp', 'cache']) mkdirSync(join(root, name), { mode: 0o700 });
});
afterEach(() => rmSync(root, { recursive: true }));

const at = (...names: readonly string[]): string => join(root, ...names);
const inRoot = (env: Readonly<Record<string, string>>): string =>
  cacheFolder({ HOME: at('home'), TMPDIR: at('tmp'), ...env });

describe('what is run is kept in a folder of this user alone', () => {
  it('which others cannot enter', () => {
    for (const env of [{ XDG_CACHE_HOME: at('cache') }, { XDG_CACHE_HOME: at('not', 'there') }, {}]) {
      const folder = inRoot(env as Record<string, string>);
      expect([lstatSync(folder).mode & 0o777, whyNotOwn(folder)]).toEqual([0o700, null]);
    }
    expect(inRoot({ XDG_CACHE_HOME: at('cache') })).toBe(at('cache', 'cowlab'));
    expect(inRoot({})).toBe(at('home', '.cache', 'cowlab'));
  });

  it('an open one of ours is closed', () => {
    mkdirSync(at('cache', 'cowlab'));
    chmodSync(at('cache', 'cowlab'), 0o755);
    inRoot({ XDG_CACHE_HOME: at('cache') });
    expect(lstatSync(at('cache', 'cowlab')).mode & 0o777).toBe(0o700);
  });

  it.each(['', 'cache', './cache'])('XDG_CACHE_HOME=%j counts as none', (value) => {
    expect(inRoot({ XDG_CACHE_HOME: value })).toBe(at('home', '.cache', 'cowlab'));
  });

  it.each(['/proc/nope', '/proc/version', '/dev/null/x'])('where %s is all there is, TMPDIR is taken', (place) => {
    expect(inRoot({ XDG_CACHE_HOME: place })).toBe(at('tmp', `cowlab-${process.geteuid?.()}`));
  });

  it.each(['/proc/nope', 'file', '', 'relative'])('HOME=%s leads to a folder of ours all the same', (home) => {
    const folder = cacheFolder({ HOME: home === 'file' ? at('file') : home, TMPDIR: at('tmp') });
    expect(whyNotOwn(folder)).toBeNull();
  });
});

describe('a folder that others may have put something into is refused', () => {
  it('because it is a link', () => {
    symlinkSync(at('tmp'), at('cache', 'cowlab'));
    expect(() => inRoot({ XDG_CACHE_HOME: at('cache') })).toThrow(
      `${at('cache', 'cowlab')}: is a symbolic link; set XDG_CACHE_HOME to a folder of your own`,
    );
    expect(readdirSync(at('tmp'))).toEqual([]);
  });

  it('because the one in TMPDIR is a link', () => {
    symlinkSync(at('home'), at('tmp', `cowlab-${process.geteuid?.()}`));
    expect(() => inRoot({ XDG_CACHE_HOME: '/proc/nope' })).toThrow('is a symbolic link; remove it, or set');
    expect(readdirSync(at('home'))).toEqual([]);
  });

  it('because everybody can write it', () => {
    mkdirSync(at('cache', 'cowlab'));
    chmodSync(at('cache', 'cowlab'), 0o777);
    expect(() => inRoot({ XDG_CACHE_HOME: at('cache') })).toThrow('can be written by others');
  });

  it('because everybody can rename what lies on the way', () => {
    mkdirSync(at('cache', 'cowlab'), { mode: 0o700 });
    chmodSync(at('cache'), 0o777);
    expect(() => inRoot({ XDG_CACHE_HOME: at('cache') })).toThrow(`lies in ${at('cache')}, which can be written by`);
  });
});

(isRoot ? describe : describe.skip)(`where other users are${isRoot ? '' : ' (skipped: not run as root)'}`, () => {
  it('a cache in the home of another user is refused, and none is made there', () => {
    execFileSync('chown', [String(NOBODY), at('home')]);
    expect(inRoot({})).not.toContain(root);
    expect(existsSync(at('home', '.cache'))).toBe(false);
    mkdirSync(at('home', '.cache', 'cowlab'), { recursive: true });
    execFileSync('chown', ['-R', String(NOBODY), at('home')]);
    expect(() => inRoot({})).toThrow(`${at('home', '.cache', 'cowlab')}: belongs to somebody else`);
  });

  it('a folder of ours in a home of theirs is refused too: they can swap it', () => {
    mkdirSync(at('home', '.cache', 'cowlab'), { recursive: true, mode: 0o700 });
    execFileSync('chown', [String(NOBODY), at('home')]);
    expect(() => inRoot({})).toThrow(`lies in ${at('home')}, which belongs to somebody else`);
  });
});

const noCompiler = compiler() === null;
(noCompiler ? describe.skip : describe)(`a compiled program${noCompiler ? ' (skipped: no compiler)' : ''}`, () => {
  it('is compiled again where it is not what was compiled', () => {
    const { XDG_CACHE_HOME } = process.env;
    process.env.XDG_CACHE_HOME = at('cache');
    try {
      const binary = compiled('leash');
      const right = readFileSync(binary);
      const spoil: readonly (() => void)[] = [
        () => truncateSync(binary, 0),
        () => writeFileSync(binary, '#!/bin/sh\necho not ours\n'),
        () => rmSync(`${binary}.sha256`),
        () => chmodSync(binary, 0o777),
        () => {
          rmSync(binary);
          mkdirSync(join(binary, 'sub'), { recursive: true });
        },
        () => {
          renameSync(binary, at('elsewhere'));
          symlinkSync(at('elsewhere'), binary);
        },
      ];
      for (const spoiled of spoil) {
        spoiled();
        expect(compiled('leash')).toBe(binary);
        expect([lstatSync(binary).isFile(), readFileSync(binary).equals(right)]).toEqual([true, true]);
        expect(lstatSync(binary).mode & 0o022).toBe(0);
      }
      expect(readdirSync(at('cache', 'cowlab'))).toHaveLength(2);
    } finally {
      if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
      else process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
    }
  }, 120_000);
});
