/**
 * Names under which distributions ship kernels: what `uname -r` says, and the longer lines of /proc/version and
 * /proc/version_signature. What they tell of the upstream release is all there is to read out of them.
 */

export interface NamedKernel {
  /** `5.10`, `5.10.223`, `6.12-rc3`: what can be read of the upstream release. */
  readonly release: string;
  /** Whose it is, as a person would call it; null: nobody's, an upstream release. */
  readonly vendor: string | null;
  /** `name`: the whole release stands in it. `series`: the stable point does not, the third number is another one. */
  readonly tells: 'name' | 'series';
  /** What is not known of such a kernel, as a clause; null: its patches hardly touch memory management. */
  readonly caution: string | null;
}

interface Habit {
  readonly pattern: RegExp;
  readonly vendor: string;
  readonly tells: NamedKernel['tells'];
  readonly caution: string | null;
}

const PATCHED = 'patches of its own are in it, and were not looked at';
const NO_POINT = 'its name does not tell the stable release that it is made from';
const NO_POINT_PATCHED = `${NO_POINT}, and ${PATCHED}`;
const DEEP =
  'memory management of much later releases is back-ported into an old number, so it may do what any of them does';

/** The first that fits is it. */
const HABITS: readonly Habit[] = [
  { pattern: /^(\d+\.\d+)\.\d+-.*\.el\d+uek/, vendor: 'Oracle UEK', tells: 'series', caution: NO_POINT_PATCHED },
  { pattern: /^(\d+\.\d+\.\d+)-.*\.elrepo\./, vendor: 'ELRepo', tells: 'name', caution: null },
  { pattern: /^(\d+\.\d+)\.\d+-.*\.el\d+/, vendor: 'Red Hat Enterprise Linux or a rebuild of it', tells: 'series',
    caution: DEEP },
  { pattern: /^(\d+\.\d+\.\d+)-.*\.(?:amzn\d+)/, vendor: 'Amazon Linux', tells: 'name', caution: PATCHED },
  { pattern: /^(\d+\.\d+\.\d+)-0\.rc(\d+)\..*\.fc\d+/, vendor: 'Fedora', tells: 'name', caution: null },
  { pattern: /^(\d+\.\d+\.\d+)-.*\.fc\d+/, vendor: 'Fedora', tells: 'name', caution: null },
  { pattern: /^(\d+\.\d+\.\d+)(?:\.\d+)?-.*microsoft/i, vendor: 'WSL', tells: 'name', caution: PATCHED },
  { pattern: /^(\d+\.\d+\.\d+)\.\d+-.*\.(?:cm|azl)\d+/, vendor: 'Azure Linux', tells: 'name', caution: PATCHED },
  { pattern: /^(\d+\.\d+\.\d+)-(?:android|.*-android)/, vendor: 'Android', tells: 'name', caution: PATCHED },
  { pattern: /^(\d+\.\d+\.\d+)\+deb\d+/, vendor: 'Debian', tells: 'name', caution: null },
  { pattern: /^(\d+\.\d+\.\d+)\+bpo/, vendor: 'Debian', tells: 'name', caution: null },
  { pattern: /^(\d+\.\d+)\.0-0\.(?:deb\d+|bpo)\.\d+-/, vendor: 'Debian', tells: 'series', caution: NO_POINT },
  // Ubuntu numbers its builds from 1000 on for clouds; Debian has its ABI number there and names no flavour or two.
  {
    pattern:
      /^(\d+\.\d+)\.0-\d+-(?:generic|lowlatency|aws|azure|gcp|oracle|kvm|raspi|ibm|gke|nvidia|oem|realtime|intel)\b/,
    vendor: 'Ubuntu',
    tells: 'series',
    caution: NO_POINT_PATCHED,
  },
  {
    pattern:
      /^(\d+\.\d+)\.0-\d+-(?:(?:cloud|rt|common)-)?(?:amd64|arm64|armmp\S*|686\S*|i386|ppc64el|powerpc64le|s390x|riscv64|mips\S*|loong64)\b/,
    vendor: 'Debian',
    tells: 'series',
    caution: NO_POINT,
  },
  { pattern: /^(\d+\.\d+\.\d+)-\d+-(?:pve)\b/, vendor: 'Proxmox', tells: 'name', caution: PATCHED },
  { pattern: /^(\d+\.\d+)\.\d+-(?:150\d{3}|2\d{5})\.[\d.]+-/, vendor: 'SUSE Linux Enterprise', tells: 'series',
    caution: DEEP },
  { pattern: /^(\d+\.\d+\.\d+)\+rpt-/, vendor: 'Raspberry Pi OS', tells: 'name', caution: PATCHED },
  { pattern: /^(\d+\.\d+\.\d+)-v\d+l?\+?$/, vendor: 'Raspberry Pi OS', tells: 'name', caution: PATCHED },
  { pattern: /^(\d+\.\d+\.\d+)-(?:arch|zen|hardened|cachyos|MANJARO)/, vendor: 'Arch Linux', tells: 'name',
    caution: null },
  { pattern: /^(\d+\.\d+\.\d+)-\d+-(?:lts|virt)\b/, vendor: 'Alpine Linux', tells: 'name', caution: null },
  { pattern: /^(\d+\.\d+\.\d+)-gentoo/, vendor: 'Gentoo', tells: 'name', caution: null },
  { pattern: /^(\d+\.\d+\.\d+)-\d+-default$/, vendor: 'openSUSE', tells: 'name', caution: null },
];

/** Lines that say more than `uname -r`: they have the package's version, which has the stable point. */
const LINES: readonly { readonly pattern: RegExp; readonly vendor: string; readonly caution: string | null }[] = [
  { pattern: /\bDebian (\d+\.\d+(?:\.\d+)?)-\d/, vendor: 'Debian', caution: null },
  { pattern: /^Ubuntu \d[\w.~+-]* (\d+\.\d+\.\d+)$/, vendor: 'Ubuntu', caution: PATCHED },
];

const UPSTREAM = /^(\d+\.\d+(?:\.\d+)?)(-rc\d+)?(.*)$/;

/** Null: no kernel's name. */
export function readKernelName(text: string): NamedKernel | null {
  for (const { pattern, vendor, caution } of LINES) {
    const [, release] = pattern.exec(text) ?? [];
    if (release !== undefined) return { release, vendor, tells: 'name', caution };
  }
  const name = /^Linux version (\S+)/.exec(text)?.[1] ?? text;
  for (const { pattern, vendor, tells, caution } of HABITS) {
    const [, release, rc] = pattern.exec(name) ?? [];
    if (release !== undefined)
      return { release: rc === undefined ? release : `${release.replace(/\.0$/, '')}-rc${rc}`, vendor, tells, caution };
  }
  const [, release, rc = '', rest = ''] = UPSTREAM.exec(name) ?? [];
  if (release === undefined || !/^(?:[-+._~].*)?$/.test(rest)) return null;
  const upstream = rc === '' ? release : release.replace(/\.0$/, '') + rc;
  // A dirty or local build says so behind a plus or a dash, and nobody knows what is in it.
  return rest === ''
    ? { release: upstream, vendor: null, tells: 'name', caution: null }
    : { release: upstream, vendor: `a build called '${rest.replace(/^[-+._~]/, '') || '+'}'`, tells: 'name',
      caution: PATCHED };
}
