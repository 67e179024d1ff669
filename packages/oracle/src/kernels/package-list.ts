/** What the package manager knows of kernels: `apt-cache show`, a stanza a package. */
import type { Distribution } from './distribution.ts';
import { byAge, type Kernel } from './kernel.ts';

export interface KernelPackage extends Kernel {
  readonly package: string;
  readonly packageVersion: string;
  readonly sizeBytes: number;
}

/** One package a release, the oldest kernel first. Stanzas of anything else are passed over. */
export function parsePackageList(text: string, { packages }: Pick<Distribution, 'packages'>): KernelPackage[] {
  const found = new Map<string, { readonly rank: number; readonly kernel: KernelPackage }>();
  for (const stanza of text.split(/\n\s*\n/)) {
    const field = (name: string): string => new RegExp(`^${name}: *(.*?) *$`, 'm').exec(stanza)?.[1] ?? '';
    const name = field('Package');
    const rank = packages.findIndex((pattern) => pattern.test(name));
    const release = packages[rank]?.exec(name)?.[1];
    const packageVersion = field('Version');
    if (release === undefined || packageVersion === '') continue;
    // Of several versions of one package the list names the newest first.
    const before = found.get(release);
    if (before !== undefined && before.rank <= rank) continue;
    found.set(release, { rank,
      kernel: { release, version: sourceVersion(packageVersion), package: name, packageVersion,
        sizeBytes: Number(field('Size')) } });
  }
  return [...found.values()].map(({ kernel }) => kernel).sort(byAge);
}

/** 5.10.223-1 is Debian's first build of 5.10.223; Ubuntu's 6.8.0-31.31 names its sources no closer than 6.8.0-31. */
function sourceVersion(packageVersion: string): string {
  return /^\d+\.\d+\.0-\d+(?=\.)/.exec(packageVersion)?.[0] ?? packageVersion.replace(/-[^-]*$/, '').replace('~', '-');
}
