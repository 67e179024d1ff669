/** apt is played by scripts, so that there is a network that fails as told. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync,
  writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { availableKernels } from './apt.ts';
import { type Distribution, DISTRIBUTIONS } from './distribution.ts';
import type { Place } from './place.ts';
import { fetchedKernels, fetchKernels } from './store.ts';

let root = '';
let place: Place;
let debian: Distribution;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cowlab-apt-'));
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'keyring.gpg'), '');
  debian = { ...DISTRIBUTIONS[0], keyring: join(root, 'keyring.gpg'), suites: ['old', 'new'] };
  place = { folder: join(root, 'kernels'), env: { PATH: `${join(root, 'bin')}:/usr/bin:/bin` } };
  command('apt-config',
    `echo 'Acquire::http::Proxy "http://proxy:3142";'; echo 'APT::Update::Post-Invoke:: "rm -rf /";'`);
  command('apt-get', `echo "$@" >> ${root}/asked; case "$1" in
update) echo "Get:1 http://deb.debian.org/debian old InRelease [75 kB]";;
download) shift; for one in "$@"; do cp ${root}/package.tar "\${one%%=*}_1_amd64.deb"; done;; esac`);
  command('apt-cache', `case "$1" in
search) echo "linux-image-6.1.0-50-cloud-amd64 - Linux 6.1"; echo "linux-image-amd64 - Linux";;
show) printf 'Package: %s\\nVersion: 6.1.176-1\\nSize: 26484304\\n\\n' "$2";; esac`);
  command('dpkg-deb', 'cat "$2"');
});
afterEach(() => rmSync(root, { recursive: true }));

function command(name: string, body: string): void {
  writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(root, 'bin', name), 0o755);
}

const list = (refresh = false) => availableKernels(debian, place, { refresh });
const asked = (): string[] => readFileSync(join(root, 'asked'), 'utf8').trim().split('\n');

/** dpkg-deb on a busy machine takes seconds. */
const PATIENCE_MS = 60_000;

describe('the kernels of a distribution', () => {
  it('are what its mirror lists, read once a day', async () => {
    expect(await list()).toEqual({
      complaints: [],
      kernels: [{ release: '6.1.0-50-cloud-amd64', version: '6.1.176', package: 'linux-image-6.1.0-50-cloud-amd64',
        packageVersion: '6.1.176-1', sizeBytes: 26_484_304 }],
    });
    expect((await list()).kernels).toHaveLength(1);
    expect(asked()).toEqual(['update']);
    await list(true);
    expect(asked()).toEqual(['update', 'update']);
  });

  it('are asked for by a configuration with the proxy of the machine and without its hooks', async () => {
    await list();
    const config = readFileSync(join(place.folder, 'apt', 'debian', 'apt.conf'), 'utf8');
    expect(config).toContain('Acquire::http::Proxy "http://proxy:3142";');
    expect(config).not.toContain('Post-Invoke');
    expect(config).toContain('Dir::Etc::parts "/dev/null";');
    expect(readFileSync(join(place.folder, 'apt', 'debian', 'sources.list'), 'utf8')).toBe(
      ['old', 'new'].map((suite) =>
        `deb [signed-by=${debian.keyring} arch=amd64] http://deb.debian.org/debian ${suite} main\n`
      ).join(''),
    );
  });

  it('cannot be had without a network', async () => {
    command('apt-get', `echo "Ign:1 http://deb.debian.org/debian old InRelease"
echo "W: Failed to fetch http://deb.debian.org/debian/dists/old/InRelease  Temporary failure resolving 'deb.debian.org'" >&2
echo "W: Some index files failed to download. They have been ignored, or old ones used instead." >&2`);
    await expect(list()).rejects.toThrow(
      'http://deb.debian.org/debian: Failed to fetch http://deb.debian.org/debian/dists/old/InRelease  Temporary '
        + "failure resolving 'deb.debian.org'; see whether this machine has a network, and whether apt knows its "
        + 'proxy',
    );
  });

  it('are listed without a suite that is gone, which is said', async () => {
    command('apt-get', 'echo "Hit:1 http://deb.debian.org/debian new InRelease"; echo "E: The repository '
      + "'http://deb.debian.org/debian old Release' does not have a Release file.\" >&2; exit 100");
    expect(await list()).toMatchObject({ kernels: [{ version: '6.1.176' }],
      complaints: ["The repository 'http://deb.debian.org/debian old Release' does not have a Release file."] });
  });

  it('need apt', async () => {
    await expect(availableKernels(debian, { ...place, env: { PATH: join(root, 'nowhere') } }, { refresh: false }))
      .rejects.toThrow('apt-config: is not installed; kernels are fetched by apt; use a Debian or Ubuntu machine');
  });

  it('need the keys of the distribution', async () => {
    rmSync(debian.keyring);
    await expect(list()).rejects.toThrow(
      `${debian.keyring}: is not there, and Debian's lists are signed with it; install the package debian-archive-keyring`,
    );
  });
});

describe('a kernel that is fetched', () => {
  const pack = (path: string, content: Buffer): void => {
    mkdirSync(join(root, 'tree', path, '..'), { recursive: true });
    writeFileSync(join(root, 'tree', path), content);
    command('dpkg-deb', `tar -c -C ${root}/tree .`);
    writeFileSync(join(root, 'package.tar'), 'any');
  };
  const bootable = Buffer.alloc(0x400);
  bootable.write('HdrS', 0x202);

  it.each(['boot/vmlinuz-6.1.0-50-cloud-amd64', 'usr/lib/modules/6.1.0-50-cloud-amd64/vmlinuz'])(
    'is kept as an image, from %s',
    async (path) => {
      pack(path, bootable);
      const { kernels } = await list();
      const fetched = await fetchKernels(kernels, debian, place);
      expect(fetchedKernels(place)).toEqual(fetched);
      expect(fetched).toMatchObject([{ release: '6.1.0-50-cloud-amd64', version: '6.1.176', distribution: 'Debian',
        packageVersion: '6.1.176-1' }]);
      expect(readFileSync(fetched[0].image).equals(bootable)).toBe(true);
      expect(asked()).toContain('download linux-image-6.1.0-50-cloud-amd64=6.1.176-1');
      expect(readdirSync(place.folder).sort()).toEqual(['apt', 'fetched']);
      // Again, in place of itself.
      await fetchKernels(kernels, debian, place);
      expect(fetchedKernels(place)).toHaveLength(1);
    },
    PATIENCE_MS,
  );

  it('is none when the package holds no image, and leaves nothing', async () => {
    pack('boot/vmlinuz-6.1.0-50-cloud-amd64', Buffer.from('a text'));
    const { kernels } = await list();
    await expect(fetchKernels(kernels, debian, place)).rejects.toThrow(
      /^linux-image-6\.1\.0-50-cloud-amd64: holds no kernel image/,
    );
    expect(fetchedKernels(place)).toEqual([]);
    expect(readdirSync(place.folder).sort()).toEqual(['apt', 'fetched']);
  });

  it('is none when the download fails, in the words of apt', async () => {
    const { kernels } = await list();
    command('apt-get',
      'echo "E: Failed to fetch http://deb.debian.org/debian/pool/x.deb  Connection timed out" >&2; exit 100');
    await expect(fetchKernels(kernels, debian, place)).rejects.toThrow(
      'linux-image-6.1.0-50-cloud-amd64: Failed to fetch http://deb.debian.org/debian/pool/x.deb  Connection '
        + 'timed out; see whether this machine has a network',
    );
    expect(readdirSync(place.folder).sort()).toEqual(['apt', 'fetched']);
    expect(existsSync(join(place.folder, 'fetched', '6.1.0-50-cloud-amd64'))).toBe(false);
  });

  it('is complained of by name when its folder is torn', async () => {
    mkdirSync(join(place.folder, 'fetched', '6.1.0-50-cloud-amd64'), { recursive: true });
    expect(() => fetchedKernels(place)).toThrow(
      /6\.1\.0-50-cloud-amd64: holds no kernel that can be read: ENOENT[^\n]*; remove it and fetch the kernel again$/,
    );
  });
});
