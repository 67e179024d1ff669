/**
 * Kernels from a distribution's mirror, by apt with a configuration of its own: other suites than the machine's, lists
 * and downloads in our folder. The machine's apt does not learn of it, and root is not needed.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync,
  writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LiveError } from '../live/live-error.ts';
import { type Ran, run } from './command.ts';
import type { Distribution } from './distribution.ts';
import { type KernelPackage, parsePackageList } from './package-list.ts';
import type { Place } from './place.ts';

export interface Available {
  readonly kernels: readonly KernelPackage[];
  /** What could not be had of the lists; older ones, or none, stand for it. */
  readonly complaints: readonly string[];
}

export interface ListSettings {
  /** Ask the mirror though its lists are of today. */
  readonly refresh: boolean;
  readonly onText?: (text: string) => void;
}

/** What the mirror has, as read at most a day ago. @throws LiveError */
export async function availableKernels(
  from: Distribution,
  place: Place,
  { refresh, onText = () => undefined }: ListSettings,
): Promise<Available> {
  const known = join(place.folder, 'apt', from.id, 'kernels.json');
  const kernels = refresh || ageHours(known) > 24 ? null : readKnown(known);
  if (kernels !== null) return { kernels, complaints: [] };
  const apt = await configured(from, place);
  onText(`reading the package lists of ${from.name} ...`);
  const complaints = await update(apt);
  const read = await namedKernels(apt);
  if (read.length === 0)
    throw new LiveError(from.mirror,
      `no kernel is in its package lists${complaints.length > 0 ? ` (${complaints[0]})` : ''}`,
      'read them again with --refresh');
  writeFileSync(`${known}.${process.pid}`, JSON.stringify(read));
  renameSync(`${known}.${process.pid}`, known);
  return { kernels: read, complaints };
}

/** Path of each package, in a new folder that the caller removes. @throws LiveError */
export async function download(
  kernels: readonly KernelPackage[],
  from: Distribution,
  place: Place,
): Promise<{ readonly folder: string; readonly files: readonly string[] }> {
  const apt = await configured(from, place);
  const folder = mkdtempSync(join(place.folder, 'download-'));
  try {
    const ran = await run('apt-get', ['download', ...kernels.map(({ package: name, packageVersion }) =>
      `${name}=${packageVersion}`
    )], { ...apt.how, cwd: folder, seconds: 3600 });
    const names = readdirSync(folder);
    const files = kernels.map((kernel) => {
      const name = names.find((file) => file.startsWith(`${kernel.package}_`) && file.endsWith('.deb'));
      if (ran.code !== 0 || name === undefined)
        throw new LiveError(kernel.package, complaintsOf(ran)[0] ?? 'was not downloaded', NETWORK);
      return join(folder, name);
    });
    return { folder, files };
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    throw cause;
  } finally {
    apt.forget();
  }
}

const NO_APT = 'kernels are fetched by apt; use a Debian or Ubuntu machine';
const NETWORK = 'see whether this machine has a network, and whether apt knows its proxy';

interface Apt {
  readonly from: Distribution;
  readonly how: { readonly env: Place['env']; readonly mend: string };
  /** Its index of the lists, larger than these, is soon made again. */
  forget(): void;
}

async function configured(from: Distribution, place: Place): Promise<Apt> {
  const how = { env: place.env, mend: NO_APT };
  // Of the machine's own configuration what concerns mirrors holds here too, proxies above all; hooks and the like do
  // not.
  const { out } = await run('apt-config', ['dump'], { ...how, seconds: 60 });
  const network = out.split('\n').filter((line) => /^Acquire::(https?::|ForceIPv|Check-Valid-Until)/.test(line));
  if (!existsSync(from.keyring))
    throw new LiveError(from.keyring, `is not there, and ${from.name}'s lists are signed with it`,
      `install the package ${from.keyringPackage}`);
  const folder = join(place.folder, 'apt', from.id);
  const cache = join(folder, 'cache');
  for (const part of ['state/lists/partial', 'cache/archives/partial'])
    mkdirSync(join(folder, part), { recursive: true });
  const [sources, status, config] = ['sources.list', 'status', 'apt.conf'].map((name) => join(folder, name));
  writeFileSync(sources,
    from.suites.map((suite) =>
      `deb [signed-by=${from.keyring} arch=amd64] ${from.mirror} ${suite} ${from.components.join(' ')}\n`
    ).join(''));
  writeFileSync(status, '');
  writeFileSync(config, [
    ...network,
    'Dir::Etc::main "/dev/null";',
    'Dir::Etc::parts "/dev/null";',
    'Dir::Etc::sourceparts "/dev/null";',
    'Dir::Etc::preferences "/dev/null";',
    'Dir::Etc::preferencesparts "/dev/null";',
    `Dir::Etc::sourcelist "${sources}";`,
    `Dir::State "${join(folder, 'state')}";`,
    `Dir::State::status "${status}";`,
    `Dir::Cache "${cache}";`,
    'APT::Architecture "amd64";',
    'APT::Architectures { "amd64"; };',
    'Acquire::Languages "none";',
    'Acquire::GzipIndexes "true";',
    'Acquire::Retries "1";',
    'Acquire::http::Timeout "20";',
    'Acquire::https::Timeout "20";',
    'APT::Get::List-Cleanup "true";',
    // The user _apt could not write into our folder.
    'APT::Sandbox::User "root";',
    '',
  ].join('\n'));
  return { from, how: { ...how, env: { ...place.env, APT_CONFIG: config } },
    forget: () => rmSync(cache, { recursive: true, force: true }) };
}

/** What went wrong without being the end of it: a suite that is gone, say. @throws LiveError */
async function update({ from, how }: Apt): Promise<readonly string[]> {
  const ran = await run('apt-get', ['update'], { ...how, seconds: 600 });
  const complaints = complaintsOf(ran);
  // apt is content with old lists, so its exit code does not tell.
  const read = ran.out.split('\n').filter((line) => /^(Get|Hit):\d+ /.test(line)).length;
  if (read === 0) throw new LiveError(from.mirror, complaints[0] ?? `apt-get update ended with ${ran.code}`, NETWORK);
  return complaints;
}

async function namedKernels({ from, how, forget }: Apt): Promise<KernelPackage[]> {
  const ask = async (...args: readonly string[]): Promise<string> =>
    (await run('apt-cache', args, { ...how, seconds: 120 })).out;
  try {
    const names = (await ask('search', '--names-only', '^linux-(image|binary)-')).split('\n').map((line) =>
      line.split(' ', 1)[0]
    );
    const wanted = names.filter((name) => from.packages.some((pattern) => pattern.test(name)));
    return wanted.length === 0 ? [] : parsePackageList(await ask('show', ...wanted), from);
  } finally {
    forget();
  }
}

/** Null when it cannot be read, and is to be made again. */
function readKnown(file: string): KernelPackage[] | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as KernelPackage[];
  } catch {
    return null;
  }
}

function complaintsOf({ err, out }: Ran): string[] {
  const lines = `${err}\n${out}`.split('\n').flatMap((line) => /^[EW]: *(.*\S)/.exec(line)?.[1] ?? []);
  // A suite may be asked for by another name than it calls itself.
  return [...new Set(lines)].filter((line) => !line.startsWith('Conflicting distribution'));
}

function ageHours(file: string): number {
  return existsSync(file) ? (Date.now() - statSync(file).mtimeMs) / 3_600_000 : Infinity;
}
