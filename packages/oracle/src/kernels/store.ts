/** Kernels that were fetched: a folder each, with the image and what it is. */
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, readSync, renameSync,
  rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LiveError } from '../live/live-error.ts';
import { download } from './apt.ts';
import { run } from './command.ts';
import type { Distribution } from './distribution.ts';
import { byAge, type Kernel } from './kernel.ts';
import type { KernelPackage } from './package-list.ts';
import type { Place } from './place.ts';

export interface FetchedKernel extends Kernel {
  readonly distribution: string;
  readonly package: string;
  readonly packageVersion: string;
  /** Path of the bootable image. */
  readonly image: string;
}

/** The oldest first. */
export function fetchedKernels({ folder }: Place): FetchedKernel[] {
  const releases = existsSync(join(folder, FETCHED)) ? readdirSync(join(folder, FETCHED)) : [];
  return releases.map((release) => {
    const home = join(folder, FETCHED, release);
    try {
      return { ...(JSON.parse(readFileSync(join(home, ABOUT), 'utf8')) as Omit<FetchedKernel, 'image'>),
        image: join(home, IMAGE) };
    } catch (cause) {
      throw new LiveError(home, `holds no kernel that can be read: ${(cause as Error).message}`,
        'remove it and fetch the kernel again', { cause });
    }
  }).sort(byAge);
}

/** Fetches also what is there already: the package may be a newer one. @throws LiveError */
export async function fetchKernels(
  kernels: readonly KernelPackage[],
  from: Distribution,
  place: Place,
): Promise<FetchedKernel[]> {
  mkdirSync(join(place.folder, FETCHED), { recursive: true });
  const { folder, files } = await download(kernels, from, place);
  try {
    const fetched: FetchedKernel[] = [];
    for (const [at, kernel] of kernels.entries()) fetched.push(await unpack(kernel, files[at], from, place));
    return fetched;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function unpack(kernel: KernelPackage, file: string, from: Distribution, place: Place): Promise<FetchedKernel> {
  const home = join(place.folder, FETCHED, kernel.release);
  const unfinished = mkdtempSync(join(place.folder, 'unpacked-'));
  try {
    const image = join(unfinished, IMAGE);
    const { err } = await run('sh', ['-c', UNPACK, 'sh', file, image], { env: place.env, seconds: 300,
      mend: 'install a shell' });
    // One of the patterns matches nothing, which tar complains of; so the image itself is looked at.
    if (!isImage(image))
      throw new LiveError(kernel.package, `holds no kernel image (${err.trim().split('\n')[0]})`, 'fetch another one');
    const { release, version, package: name, packageVersion } = kernel;
    const about = { release, version, distribution: from.name, package: name, packageVersion };
    writeFileSync(join(unfinished, ABOUT), `${JSON.stringify(about)}\n`);
    rmSync(home, { recursive: true, force: true });
    renameSync(unfinished, home);
    return { ...about, image: join(home, IMAGE) };
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Where images lie in packages: in /boot, and since 7.2 beside the modules. */
const UNPACK =
  'dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards "./boot/vmlinuz-*" "./*lib/modules/*/vmlinuz" > "$2"';
const FETCHED = 'fetched';
const IMAGE = 'vmlinuz';
const ABOUT = 'kernel.json';

/** @kernel Documentation/arch/x86/boot.rst: "HdrS" at 0x202 */
function isImage(file: string): boolean {
  const magic = Buffer.alloc(4);
  const fd = openSync(file, 'r');
  try {
    return readSync(fd, magic, 0, 4, 0x202) === 4 && magic.toString() === 'HdrS';
  } finally {
    closeSync(fd);
  }
}
