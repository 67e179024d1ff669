/** The recordings that people name: files of any name, folders, the files of strace -ff, with what lies beside them. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { CompositionError } from '@cowlab/composition';
import { COWTRACE, inputPath, isCowtrace, manifestOf, readCowtrace, readRecordingText,
  TEXT_BYTES_MAX } from '@cowlab/composition/node';
import { joinFiles } from '@cowlab/trace';
import type { VerdictInput } from '@cowlab/verdict';

type Files = VerdictInput;

/** What `cowlab trace` writes when it is not told where to. */
export const LAST_RECORDING = 'cowlab-trace.cowtrace';

const PACKED = ['', '.gz', '.zst'];
const BY_PID = /^(.*)\.(\d{1,7})(?:\.gz|\.zst)?$/;
/** A line of perf script, whatever the fields. */
const SAMPLES = /^.* \d+(?:\/\d+)? +(?:\[\d+\] +)?\d+\.\d{3,9}: +(?:\d+ +)?[\w:-]*fault[\w:-]*:/m;

/** @throws CompositionError for a name behind which nothing is, or for samples without a strace */
export function readInputs(names: readonly string[], cwd: string): Files[] {
  const files = names.flatMap((name) => filesOf(name, cwd));
  const whole: Files[] = [];
  const samples: { readonly name: string; readonly text: string }[] = [];
  const byStem = new Map<string, { pid: number; text: string }[]>();
  for (const { name, path } of files) {
    if (isCowtrace(path)) {
      whole.push(packedInput(name, path));
      continue;
    }
    const text = readRecordingText(path, name);
    const [, stem, pid] = BY_PID.exec(name) ?? [];
    if (SAMPLES.test(text.slice(0, 20_000))) samples.push({ name, text });
    else if (stem !== undefined) byStem.set(stem, [...(byStem.get(stem) ?? []), { pid: Number(pid), text }]);
    else whole.push({ name, strace: text, ...beside(path, name) });
  }
  for (const [name, parts] of byStem)
    whole.push({ name, strace: joinFiles(parts), ...beside(resolve(cwd, name), name) });
  const [given] = samples;
  if (given === undefined) return whole;
  if (whole.length !== 1) {
    throw new CompositionError(given.name, 'these are samples of perf script, and no calls',
      'give them with the one strace of the same run, or as NAME.faults beside NAME.strace');
  }
  return [{ ...whole[0], faults: given.text }];
}

function packedInput(name: string, path: string): Files {
  const members = readCowtrace(path, name, TEXT_BYTES_MAX);
  const { kernel, quality, calls } = manifestOf(members, name);
  const text = (member: string): string | undefined => {
    const bytes = members.get(member);
    return bytes === undefined ? undefined : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  };
  return { name, strace: text(COWTRACE.strace) ?? '', faults: text(COWTRACE.faults), accesses: text(COWTRACE.accesses),
    recordedOn: kernel, quality, calls, mapCountMax: Number(text('machine/proc/sys/vm/max_map_count')) || undefined };
}

interface Found {
  readonly name: string;
  readonly path: string;
}

function filesOf(name: string, cwd: string): Found[] {
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

function beside(path: string, name: string): Pick<Files, 'faults' | 'accesses'> {
  const stem = path.replace(/\.(?:gz|zst)$/, '').replace(/\.strace$/, '');
  const text = (kind: string): string | undefined => {
    const found = PACKED.map((ending) => `${stem}.${kind}${ending}`).find(isFile);
    return found === undefined ? undefined : readRecordingText(found, `${name}: ${basename(found)}`);
  };
  return { faults: text('faults'), accesses: text('accesses') };
}

/** Pipes and devices are read as well. */
const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
