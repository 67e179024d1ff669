/** The recordings that people name: files of any name, folders, the files of strace -ff, with what lies beside them. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { CompositionError } from '@cowlab/composition';
import { COWTRACE, inputPath, isCowtrace, manifestOf, readCowtrace, readPieces, readRecordingText,
  TEXT_BYTES_MAX } from '@cowlab/composition/node';
import { joinFiles } from '@cowlab/trace';
import { Listener, type VerdictInput } from '@cowlab/verdict';

type Files = VerdictInput;

/** What `cowlab trace` writes when it is not told where to. */
export const LAST_RECORDING = 'cowlab-trace.cowtrace';

const PACKED = ['', '.gz', '.zst'];
const BY_PID = /^(.*)\.(\d{1,7})(?:\.gz|\.zst)?$/;
/** A line of perf script, whatever the fields. */
const SAMPLES = /^.* \d+(?:\/\d+)? +(?:\[\d+\] +)?\d+\.\d{3,9}: +(?:\d+ +)?[\w:-]*fault[\w:-]*:/m;
const HEAD_BYTES = 20_000;
/** What comes in over a pipe. */
const STDIN = '-';

/**
 * `audit`: all records are kept, however many there are, to be carried out.
 * @throws CompositionError for a name behind which nothing is, or for samples without a strace
 */
export async function readInputs(names: readonly string[], cwd: string, audit = false): Promise<Files[]> {
  const files = names.flatMap((name) => filesOf(name, cwd));
  const samples: Found[] = [];
  const single: Found[] = [];
  const byStem = new Map<string, Found[]>();
  for (const file of files) {
    const stem = isText(file) ? BY_PID.exec(file.name)?.[1] : undefined;
    if (isText(file) && SAMPLES.test(await headOf(file))) samples.push(file);
    else if (stem !== undefined) byStem.set(stem, [...(byStem.get(stem) ?? []), file]);
    else single.push(file);
  }
  const whole: Files[] = [];
  for (const file of single) {
    whole.push(isCowtrace(file.path)
      ? packedInput(file.name, file.path, audit)
      : await heard(file, samples.length > 0, audit));
  }
  for (const [name, parts] of byStem) {
    const texts = parts.map((part) => ({ pid: Number(BY_PID.exec(part.name)?.[2]), text: textOf(part) }));
    whole.push({ name, strace: joinFiles(texts), ...beside(resolve(cwd, name), name) });
  }
  const [given] = samples;
  if (given === undefined) return whole;
  if (whole.length !== 1) {
    throw new CompositionError(given.name, 'these are samples of perf script, and no calls',
      'give them with the one strace of the same run, or as NAME.faults beside NAME.strace');
  }
  return [{ ...whole[0], faults: textOf(given) }];
}

const isText = ({ path }: Found): boolean => path !== STDIN && !isCowtrace(path);
const textOf = ({ name, path }: Found): string => readRecordingText(path, name);

async function headOf({ name, path }: Found): Promise<string> {
  for await (const piece of readPieces(path, name)) return new TextDecoder().decode(piece.subarray(0, HEAD_BYTES));
  return '';
}

/** Read piece by piece: a recording may be larger than a text can be. */
async function heard({ name, path }: Found, sampled: boolean, audit: boolean): Promise<Files> {
  const others = path === STDIN ? {} : beside(path, name);
  const listener = new Listener(name, sampled || others.faults !== undefined || others.accesses !== undefined,
    audit ? Infinity : undefined);
  for await (const piece of readPieces(path, name)) listener.write(piece);
  return { name, strace: listener.end(), ...others };
}

function packedInput(name: string, path: string, audit: boolean): Files {
  const members = readCowtrace(path, name, TEXT_BYTES_MAX);
  const { kernel, quality, calls } = manifestOf(members, name);
  const text = (member: string): string | undefined => {
    const bytes = members.get(member);
    return bytes === undefined ? undefined : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  };
  const listener = new Listener(name, members.has(COWTRACE.faults) || members.has(COWTRACE.accesses),
    audit ? Infinity : undefined);
  listener.write(members.get(COWTRACE.strace) ?? new Uint8Array());
  return { name, strace: listener.end(), faults: text(COWTRACE.faults), accesses: text(COWTRACE.accesses),
    recordedOn: kernel, quality, calls, mapCountMax: Number(text('machine/proc/sys/vm/max_map_count')) || undefined };
}

interface Found {
  readonly name: string;
  readonly path: string;
}

function filesOf(name: string, cwd: string): Found[] {
  if (name === STDIN) return [{ name: 'stdin', path: STDIN }];
  const path = inputPath(name, cwd);
  if (isFile(path)) return [{ name, path }];
  if (isFile(`${path}.cowtrace`)) return [{ name: `${name}.cowtrace`, path: `${path}.cowtrace` }];
  for (const ending of PACKED)
    if (isFile(`${path}.strace${ending}`))
      return [{ name: `${name}.strace${ending}`, path: `${path}.strace${ending}` }];
  const parts = partsOf(name, cwd);
  if (parts.length > 0) return parts;
  if (!existsSync(path))
    throw new CompositionError(name, 'there is no such recording',
      'give a file that strace wrote, or record by cowlab trace -- PROGRAM');
  const inside = readdirSync(path).sort();
  const straces = inside.filter((one) => /\.strace(?:\.gz|\.zst)?$/.test(one));
  const found = straces.length > 0 ? straces : inside.filter((one) => BY_PID.test(one));
  if (found.length === 0)
    throw new CompositionError(name, 'the folder holds no recording (*.strace, or NAME.PID of strace -ff)',
      'give a file that strace wrote');
  return found.map((one) => ({ name: join(name, one), path: join(path, one) }));
}

/** NAME stands for NAME.PID of strace -ff. */
function partsOf(name: string, cwd: string): Found[] {
  const path = inputPath(name, cwd);
  const folder = resolve(path, '..');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((one) => BY_PID.exec(one)?.[1] === basename(path)).sort()
    .map((one) => ({ name: join(name, '..', one), path: join(folder, one) }));
}

function beside(path: string, name: string): Partial<Pick<Files, 'faults' | 'accesses'>> {
  const stem = path.replace(/\.(?:gz|zst)$/, '').replace(/\.strace$/, '');
  const text = (kind: string): string | undefined => {
    const found = PACKED.map((ending) => `${stem}.${kind}${ending}`).find(isFile);
    return found === undefined ? undefined : readRecordingText(found, `${name}: ${basename(found)}`);
  };
  return { faults: text('faults'), accesses: text('accesses') };
}

/** Pipes and devices are read as well. */
const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
