/** Where distributions keep their kernels, in the words of their package manager. */
import { readFileSync } from 'node:fs';
import { LiveError } from '../live/live-error.ts';

export interface Distribution {
  readonly id: 'debian' | 'ubuntu';
  readonly name: string;
  readonly mirror: string;
  /** From the oldest that has a kernel of interest to the newest. */
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** What the mirror's lists are signed with, and the package that has it. */
  readonly keyring: string;
  readonly keyringPackage: string;
  /**
   * Names of packages that may hold a kernel; the group is its release. Of several for one release the earlier pattern
   * counts.
   */
  readonly packages: readonly RegExp[];
}

export const DISTRIBUTIONS: readonly Distribution[] = [
  {
    id: 'debian',
    name: 'Debian',
    mirror: 'http://deb.debian.org/debian',
    suites: ['bullseye', 'bookworm', 'bookworm-backports', 'trixie', 'trixie-backports', 'sid'],
    components: ['main'],
    keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
    keyringPackage: 'debian-archive-keyring',
    // The kernels for clouds are the small ones. Since 7.2 an image package is empty and a binary package holds the
    // kernel.
    packages: [/^linux-binary-(\d+\.\d+\.\d+\S*-cloud-amd64)$/, /^linux-image-(\d+\.\d+\.\d+\S*-cloud-amd64)$/],
  },
  {
    id: 'ubuntu',
    name: 'Ubuntu',
    mirror: 'http://archive.ubuntu.com/ubuntu',
    suites: ['focal', 'focal-updates', 'jammy', 'jammy-updates', 'noble', 'noble-updates', 'devel'],
    components: ['main'],
    keyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
    keyringPackage: 'ubuntu-keyring',
    packages: [/^linux-image-(\d+\.\d+\.\d+-\d+-generic)$/, /^linux-image-unsigned-(\d+\.\d+\.\d+-\d+-generic)$/],
  },
];

/** By its id, or the one of this machine. @throws LiveError */
export function distribution(id: string | null, osRelease = '/etc/os-release'): Distribution {
  const ids = id === null ? idsOf(osRelease) : [id];
  for (const name of ids) {
    const found = DISTRIBUTIONS.find((one) => one.id === name);
    if (found !== undefined) return found;
  }
  const known = DISTRIBUTIONS.map((one) => one.id).join(' or ');
  throw new LiveError('the distribution', `${ids[0] ?? 'of this machine'} is none whose kernels are known here`,
    `name another one: ${known}`);
}

/** Its own name first, then those it is made from. See os-release(5). */
function idsOf(file: string): readonly string[] {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  const field = (name: string): string => new RegExp(`^${name}=["']?([^"'\n]*)`, 'm').exec(text)?.[1] ?? '';
  return `${field('ID')} ${field('ID_LIKE')}`.split(' ').filter((word) => word !== '');
}
