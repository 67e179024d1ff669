import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { distribution } from './distribution.ts';

let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'cowlab-os-'))));
afterAll(() => rmSync(folder, { recursive: true }));
const osRelease = (text: string): string => {
  writeFileSync(join(folder, 'os-release'), text);
  return join(folder, 'os-release');
};

describe('the distribution of a machine', () => {
  it('is the one that os-release names', () =>
    expect(distribution(null, osRelease('PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n')).name).toBe('Debian'));

  it('is the nearest that it is made from', () =>
    expect(distribution(null, osRelease('ID=linuxmint\nID_LIKE="ubuntu debian"\n')).name).toBe('Ubuntu'));

  it('is refused by name when its kernels are not known', () => {
    expect(() => distribution(null, osRelease('ID="fedora"\n'))).toThrow(
      'the distribution: fedora is none whose kernels are known here; name another one: debian or ubuntu',
    );
    expect(() => distribution(null, join(folder, 'nowhere'))).toThrow(
      'the distribution: of this machine is none whose kernels are known here',
    );
  });

  it('may be another one', () => expect(distribution('ubuntu', osRelease('ID=debian\n')).id).toBe('ubuntu'));
});
