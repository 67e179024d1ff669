/** The recordings that people name: files of any name, folders, the files of strace -ff, with what lies beside them. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { CompositionError } from '@cowlab/composition';
import { inputPath, readPieces, readRecordingText } from '@cowlab/composition/node';
import { joinFiles } from '@cowlab/trace';
import { Listener, type VerdictInput } from '@cowlab/verdict';

type Files = Omit<VerdictInput, 'recordedOn'>;

const PACKED = ['', '.gz', '.zst'];
const BY_PID = /^(.*)\.(\d{1,7})(?:\.gz|\.zst)?$/;
/** A line of perf script, whatever the fields. */
const SAMPLES = /^.* \d+(?:\/\d+)? +(?:\[\d+\] +)?\d+\.\d{3,9}: +(?:\d+ +)?[\w:-]*fault[\w:-]*:/m;
const HEAD_BYTES = 20_000;
/** What comes in over a pipe. */
const STDIN = '-';

/** @throws CompositionError for a name behind which nothing is, or for samples without a strace */
export async function readInputs(names: readonly string[], cwd: string): Promise<Files[]> {
  const files = names.flatMap((name) => filesOf(name, cwd));
  const samples: Found[] = [];
  const single: Found[] = [];
  const byStem = new Map<string, Found[]>();
  for (const file of files) {
    const stem = file.path === STDIN ? undefined : BY_PID.exec(file.name)?.[1];
    if (file.path !== STDIN && SAMPLES.test(await headOf(file))) samples.push(file);
    else if (stem !== undefined) byStem.set(stem, [...(byStem.get(stem) ?? []), file]);
    else single.push(file);
  }
  const whole: Files[] = [];
  for (const file of single) whole.push(await heard(file, samples.length > 0));
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

const textOf = ({ name, path }: Found): string => readRecordingText(path, name);

async function headOf({ name, path }: Found): Promise<string> {
  for await (const piece of readPieces(path, name)) return new TextDecoder().decode(piece.subarray(0, HEAD_BYTES));
  return '';
}

/** Read piece by piece: a recording may be larger than a text can be. */
async function heard({ name, path }: Found, sampled: boolean): Promise<Files> {
  const others = path === STDIN ? {} : beside(path, name);
  const listener = new Listener(name, sampled || others.faults !== undefined || others.accesses !== undefined);
  for await (const piece of readPieces(path, name)) listener.write(piece);
  return { name, strace: listener.end(), ...others };
}

interface Found {
  readonly name: string;
  readonly path: string;
}

function filesOf(name: string, cwd: string): Found[] {
  if (name === STDIN) return [{ name: 'stdin', path: STDIN }];
  const path = inputPath(name, cwd);
  if (isFile(path)) return [{ name, path }];
  for (const ending of PACKED)
    if (isFile(`${path}.strace${ending}`))
      return [{ name: `${name}.strace${ending}`, path: `${path}.strace${ending}` }];
  const parts = partsOf(name, cwd);
  if (parts.length > 0) return parts;
  if (!existsSync(path))
    throw new CompositionError(name, 'there is no such recording', 'give a file that strace wrote');
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
