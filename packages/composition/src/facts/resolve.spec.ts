import { describe, expect, it } from '@jest/globals';
import { PROFILES } from '../profiles.ts';
import { resolveKernel } from './resolve.ts';

/** How it is told: `exact`, or a word of the warning. */
const NAMES: readonly (readonly [asked: string, profile: string, told: string])[] = [
  // Upstream
  ['linux-5.10.223', 'linux-5.10', 'exact'],
  ['5.10.223', 'linux-5.10', 'exact'],
  ['v5.10.152', 'linux-5.10.111', 'exact'],
  ['5.10.110', 'linux-5.10.9', 'exact'],
  ['5.10.8', 'linux-5.10.4', 'exact'],
  ['5.10.3', 'linux-5.10.0', 'exact'],
  ['5.10', 'linux-5.10', 'exact'],
  ['5.7.2', 'linux-5.7', 'mapcounts'],
  ['5.7.4', 'linux-5.7.3', 'a fault of this release: Splitting the mapping of a THP'],
  ['5.7.19', 'linux-5.7.5', 'exact'],
  ['5.8.0', 'linux-5.8', 'exact'],
  ['5.12.4', 'linux-5.12.0', 'exact'],
  ['5.12.5', 'linux-5.12', 'exact'],
  ['5.15.33', 'linux-5.15.0', 'exact'],
  ['5.15.100', 'linux-5.15.34', 'exact'],
  ['5.16.20', 'linux-5.16', 'returns 14'],
  ['5.17.9', 'linux-5.17', 'exact'],
  ['6.1.49', 'linux-6.1.0', 'exact'],
  ['6.1.176', 'linux-6.1', 'exact'],
  ['6.4.2', 'linux-6.4.0', 'beside fork()'],
  ['6.16', 'linux-6.16', 'exact'],
  ['linux-6.16.12', 'linux-6.16', 'exact'],
  ['6.19.14', 'linux-6.19', 'exact'],
  ['7.3.4', 'linux-7.3', 'exact'],
  // Release candidates
  ['5.9-rc2', 'linux-5.8', 'rc1'],
  ['5.9-rc5', 'linux-5.9-rc5', 'rc1'],
  ['5.9-rc8', 'linux-5.9', 'rc1'],
  ['6.12-rc3', 'linux-6.12', 'rc1'],
  ['6.12.0-rc3-00123-gabcdef012345', 'linux-6.12', 'rc1'],
  ['6.12.0-0.rc3.20241016git.33.fc42.x86_64', 'linux-6.12', 'rc1'],
  // Debian
  ['6.1.0-25-amd64', 'linux-6.1', 'does not tell'],
  ['5.10.0-32-cloud-amd64', 'linux-5.10', 'does not tell'],
  ['6.1.0-0.deb11.21-amd64', 'linux-6.1', 'does not tell'],
  ['6.12.107+deb13-amd64', 'linux-6.12', 'exact'],
  ['6.16.12+deb13-cloud-amd64', 'linux-6.16', 'exact'],
  ['6.12.9+bpo-amd64', 'linux-6.12', 'exact'],
  ['Linux version 5.10.0-8-amd64 (debian-kernel@lists.debian.org) (gcc-10) #1 SMP Debian 5.10.46-4 (2021-08-03)',
    'linux-5.10.9', 'exact'],
  // Ubuntu
  ['5.15.0-91-generic', 'linux-5.15', 'Ubuntu'],
  ['6.8.0-45-generic', 'linux-6.8', 'Ubuntu'],
  ['6.8.0-1015-aws', 'linux-6.8', 'Ubuntu'],
  ['Ubuntu 5.15.0-91.101-generic 5.15.131', 'linux-5.15.34', 'Ubuntu'],
  // Red Hat and its kin
  ['5.14.0-427.el9.x86_64', 'linux-5.14', 'much later releases'],
  ['5.14.0-427.13.1.el9_4.x86_64', 'linux-5.14', 'much later releases'],
  ['6.12.0-55.9.1.el10_0.x86_64', 'linux-6.12', 'much later releases'],
  ['4.18.0-553.el8.x86_64', 'linux-5.7', 'older than every profile'],
  ['5.15.0-200.131.27.el9uek.x86_64', 'linux-5.15', 'Oracle UEK'],
  ['6.11.3-1.el9.elrepo.x86_64', 'linux-6.11', 'exact'],
  ['6.10.12-200.fc40.x86_64', 'linux-6.10', 'exact'],
  ['5.14.21-150500.55.88-default', 'linux-5.14', 'SUSE'],
  // Clouds and gadgets
  ['6.1.109-118.189.amzn2023.x86_64', 'linux-6.1', 'Amazon'],
  ['5.10.223-212.873.amzn2.x86_64', 'linux-5.10', 'Amazon'],
  ['5.15.153.1-microsoft-standard-WSL2', 'linux-5.15.34', 'WSL'],
  ['6.6.36.6-microsoft-standard-WSL2+', 'linux-6.6', 'WSL'],
  ['5.10.198-android13-4-00050-g12f3388846c3-ab11920634', 'linux-5.10', 'Android'],
  ['6.1.75-android14-11-g1234567', 'linux-6.1', 'Android'],
  ['6.8.12-2-pve', 'linux-6.8', 'Proxmox'],
  ['6.6.51+rpt-rpi-v8', 'linux-6.6', 'Raspberry'],
  ['6.11.1-arch1-1', 'linux-6.11', 'exact'],
  ['6.6.54-0-lts', 'linux-6.6', 'exact'],
  ['6.9.3-mine-dirty', 'linux-6.9', 'mine-dirty'],
  // Too old, too new
  ['4.19', 'linux-5.7', 'older than every profile'],
  ['4.19.0-27-amd64', 'linux-5.7', 'older than every profile'],
  ['8.0', 'linux-7.3', 'newer than every profile'],
  ['7.4-rc1', 'linux-7.3', 'newer than every profile'],
  ['5.99', 'linux-5.19', 'there is no release 5.99'],
  ['6.25.3', 'linux-6.19', 'there is no release 6.25'],
];

describe("a kernel's name", () => {
  it.each(NAMES)('%s is %s (%s)', (asked, profile, told) => {
    const found = resolveKernel(asked);
    expect(found?.profile).toBe(profile);
    expect(found?.exact).toBe(told === 'exact' || found?.warnings.every((text) => text.startsWith('a fault')));
    expect(told === 'exact' ? found?.warnings : found?.warnings.join('\n')).toEqual(told === 'exact'
      ? []
      : expect.stringContaining(told));
  });

  it.each(['linux', 'early-cow', './6.1.ts', '6', '6.x', '5.10.223abc', 'posted-v2', '', '6.1.0 and more'])(
    "'%s' is none",
    (text) => expect(resolveKernel(text)).toBeNull(),
  );

  it('resolves to the stack of its profile, whichever way it is written', () => {
    for (const [asked, profile] of NAMES) expect(resolveKernel(asked)?.stack).toEqual(PROFILES[profile]);
    for (const name of Object.keys(PROFILES).filter((known) => known !== 'posted-v2')) {
      expect(resolveKernel(name)).toMatchObject({ profile: name, stack: PROFILES[name] });
    }
  });

  it('says what it stands on, with the date in the tree that it is of', () => {
    const found = resolveKernel('5.10.223');
    expect(found?.facts.map(({ id, since, commit }) => [id, since, commit])).toEqual(expect.arrayContaining([
      ['seqcount-at-fork', '5.10.4', '57efa1fe5957'],
      ['pinned-not-swapped', '5.10.9', 'feb889fb40fa'],
      ['lazyfree-held-stays', '5.10.111', '6c8e2a256915'],
      ['early-copy-anonymous-only', '5.10.153', '935a8b620210'],
    ]));
    expect(found?.facts.some(({ id }) => id === 'hugetlb-early-copy')).toBe(false);
  });
});
