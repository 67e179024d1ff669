/**
 * What needs a network or qemu is refused where there is none; that it works where there is, is for @cowlab/oracle to
 * show.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { main } from '../../cli.ts';

let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-kernels-'));
  writeFileSync(join(cwd, 'mine.programs.txt'), 'prog 7\nwatch 0 0\nmmap 0 0 anon 1\nend\n');
  const home = join(cwd, 'cache', 'cowlab', 'kernels', 'fetched', '6.1.0-50-cloud-amd64');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'kernel.json'),
    JSON.stringify({ release: '6.1.0-50-cloud-amd64', version: '6.1.176', distribution: 'Debian',
      package: 'linux-image', packageVersion: '6.1.176-1' }));
});
afterAll(() => rmSync(cwd, { recursive: true }));

async function cowlab(line: string): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const env = { PATH: join(cwd, 'nothing'), XDG_CACHE_HOME: join(cwd, 'cache') };
  const io = { stdout: { write: (text: string) => void (said.out += text) },
    stderr: { write: (text: string) => void (said.err += text) }, cwd, env };
  return { code: await main(line.split(' '), io), ...said };
}

const refuses = (err: string) => ({ code: 2, out: '', err: `cowlab: ${err}\n` });

describe('cowlab kernels', () => {
  it('lists what is fetched without a network', async () => {
    expect(await cowlab('kernels list --fetched')).toEqual({ code: 0,
      out: 'Fetched:\n  6.1.176  6.1.0-50-cloud-amd64  Debian\n', err: '' });
    const { out } = await cowlab('kernels list --fetched --json');
    expect(JSON.parse(out)).toMatchObject({ available: null,
      fetched: [{ release: '6.1.0-50-cloud-amd64', version: '6.1.176' }] });
  });

  it('--resolve names the profile of a kernel, what is uncertain about it, and the facts', async () => {
    const { code, out, err } = await cowlab('kernels --resolve 5.15.0-91-generic');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^asked {4}5\.15\.0-91-generic\nprofile {2}linux-5\.15\nrelease {2}5\.15, as far as its name tells\n/,
    );
    expect(out).toContain('warning  of Ubuntu: its name does not tell the stable release');
    expect(out).toMatch(/^5\.15\.34 +lazyfree-held-stays$/m);
    for (const line of out.split('\n')) expect(line).toMatch(/^[\x20-\x7e]{0,75}$/);
  });

  it('--resolve --json has it as data', async () => {
    const { code, out } = await cowlab('kernels --resolve linux-5.10.223 --json');
    expect(code).toBe(0);
    const data = JSON.parse(out) as {
      facts: { id: string; since: string; commit: string; subject: string; source: string[] }[];
    };
    expect(data).toMatchObject({ asked: 'linux-5.10.223', profile: 'linux-5.10', exact: true, warnings: [] });
    expect(data.facts.find(({ id }) => id === 'pinned-not-swapped')).toMatchObject({ since: '5.10.9',
      commit: 'feb889fb40fa', subject: "mm: don't put pinned pages into the swap cache",
      source: ['guest', 'source', 'changelog'] });
    expect(JSON.parse((await cowlab('kernels --resolve posted-v2 --json')).out)).toMatchObject({ profile: 'posted-v2',
      facts: [] });
  });

  it('--resolve names a neighbour of what is older or newer than all, and refuses what is no kernel', async () => {
    const facts = async (name: string): Promise<unknown> =>
      JSON.parse((await cowlab(`kernels --resolve ${name} --json`)).out) as unknown;
    expect(await facts('4.18.0-553.el8.x86_64')).toMatchObject({ profile: 'linux-5.7', exact: false });
    expect(await facts('8.0')).toMatchObject({ profile: 'linux-7.3', exact: false });
    expect(await cowlab('kernels --resolve mainline')).toEqual(
      refuses('--resolve mainline: no kernel is called so; give a release (5.10.223), what uname -r says, or a line of '
        + '/proc/version'),
    );
    expect(await cowlab('kernels')).toEqual(
      refuses('which? cowlab kernels --resolve NAME, or one of list, fetch, record'),
    );
  });

  it('fetches nothing where there is no apt', async () => {
    expect(await cowlab('kernels fetch 6.1 --from debian')).toEqual(
      refuses('apt-config: is not installed; kernels are fetched by apt; use a Debian or Ubuntu machine'),
    );
  });

  it('fetches nothing from a distribution that it does not know', async () => {
    expect(await cowlab('kernels fetch 6.1 --from gentoo')).toEqual(
      refuses('the distribution: gentoo is none whose kernels are known here; name another one: debian or ubuntu'),
    );
  });

  it('boots nothing that is not fetched', async () => {
    expect(await cowlab('kernels record 5.10 --programs mine.programs.txt --out rec')).toEqual(
      refuses('5.10: no such kernel is fetched; fetch it: cowlab kernels fetch 5.10'),
    );
  });

  it('boots nothing where there is no qemu', async () => {
    const { code, out, err } = await cowlab('kernels record 6.1 --programs mine.programs.txt --out rec');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(
      /^cowlab: kernel 6\.1\.0-50-cloud-amd64: (there is no qemu-system-x86_64; install qemu|this is )[^\n]+\n$/,
    );
  });

  it('refuses a guest of no CPU', async () => {
    expect(await cowlab('kernels record 6.1 --programs mine.programs.txt --out rec --cpus 0')).toEqual(
      refuses('--cpus 0 is no number from 1 to 64'),
    );
  });

  it('names programs that are not there', async () => {
    const { code, err } = await cowlab('kernels record 6.1 --programs nowhere.txt --out rec');
    expect(code).toBe(2);
    expect(err).toMatch(/^cowlab: nowhere\.txt: [^\n]+\n$/);
  });

  it.each(['kernels', 'kernels list', 'kernels fetch', 'kernels record'])('%s --help has an example',
    async (command) => {
      const { code, out } = await cowlab(`${command} --help`);
      expect(code).toBe(0);
      expect(out).toMatch(/\nExamples?:\n {2}\$ cowlab kernels /);
      expect(out.split('\n').filter((line) => line.length > 75)).toEqual([]);
    });
});
