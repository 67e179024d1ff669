/**
 * Random system calls as a kernel answered them (fixtures/calls/calls.c), against a model: after every call what it came
 * to, the mappings as /proc/PID/smaps shows them, and which page each entry maps. Unlike programs of `.cow` they move
 * memory anywhere, and mappings are looked at, too.
 */
import { type Advice, type Command, execute, inspectMm, inspectPage, Kernel, type Policy, type Result, World,
  X86_64 } from '@cowlab/core';

type Call = readonly [word: string, task: number, at: number, nr: number, ...rest: number[]];

export interface RecordedCalls {
  readonly id: number;
  /** Pages of the window that are looked at. */
  readonly places: readonly number[];
  readonly steps: readonly {
    readonly call: Call;
    /** A number, an errno or a signal. */
    readonly came: number | string;
    /** By task, where it is not as after the call before. */
    readonly maps?: Readonly<Record<string, string>>;
    readonly pages?: Readonly<Record<string, string>>;
  }[];
  /** By task: what loads of the places come to in the end. */
  readonly last: Readonly<Record<string, readonly (number | string)[]>>;
}

const PAGE = 4096;
const BASE = 2 ** 44 / PAGE;
/** What the recorder calls `fd`: page k holds 0x80 + k. */
const FILE = { type: 'CreateFile', file: 1, kind: 'memfd', nr: 32, base: 0x80, step: 1 } as const;
const MAP_ANONYMOUS = 0x20;
const ADVICES: Readonly<Record<number, Advice>> = { 4: 'dontneed', 8: 'free', 10: 'dontfork', 11: 'dofork',
  12: 'mergeable', 13: 'unmergeable', 14: 'hugepage', 15: 'nohugepage', 18: 'wipeonfork', 19: 'keeponfork' };

/** The first difference, or null. */
export function differs({ id, places, steps, last }: RecordedCalls, policy: Policy): string | null {
  const world = new World(X86_64);
  const kernel = new Kernel(world, policy);
  const mms = new Map<string, number>();
  const run = (command: Command): Result => {
    const { events, result } = execute(kernel, command);
    for (const event of events) if (event.type === 'TaskStarted') mms.set(String(event.task), event.mm);
    if (command.type === 'Exit') mms.delete(String(command.task));
    return result;
  };
  run(FILE);
  run({ type: 'Spawn', task: 0 });
  let [known, shown]: Record<string, string>[] = [{}, {}];
  for (const [at, { call, came, maps, pages }] of steps.entries()) {
    known = { ...known, ...maps };
    shown = { ...shown, ...pages };
    const told = (what: string, kernel: unknown, model: unknown): string =>
      `program ${id}, call ${at}, ${call.join(' ')}: ${what}: the kernel has ${String(kernel)}, the model ${
        String(model)
      }`;
    const result = cameTo(run(commandOf(call)), call[0]);
    if (result !== came) return told('comes to', came, result);
    const numbers = new Map<number, number>();
    for (const [task, mm] of [...mms].sort()) {
      const mapped = mapsOf(world, mm);
      if (mapped !== known[task]) return told(`mappings of ${task}`, known[task], mapped);
      const entries = places.map((place) => entryOf(world, mm, place, numbers)).join(' ');
      if (entries !== shown[task]) return told(`pages of ${task}`, shown[task], entries);
    }
  }
  for (const [task, values] of Object.entries(last)) {
    const loaded = places.map((place) => cameTo(run(commandOf(['load', Number(task), place, 1])), 'load'));
    if (loaded.join() !== values.join())
      return `program ${id}: at last ${task} loads ${loaded.join()}, on the kernel ${values.join()}`;
  }
  return null;
}

function commandOf([word, task, at, nr, ...rest]: Call): Command {
  const vpn = BASE + at;
  const bytes = { task, addr: vpn * PAGE, length: nr * PAGE };
  switch (word) {
    case 'mmap': {
      const [prot, flags, offset] = rest;
      return { type: 'Mmap', ...bytes, prot, flags,
        ...((flags & MAP_ANONYMOUS) === 0 && { file: FILE.file, offset: offset * PAGE }) };
    }
    case 'munmap':
      return { type: 'Munmap', ...bytes };
    case 'mremap':
      return { type: 'Mremap', task, addr: bytes.addr, oldLength: bytes.length, newLength: rest[1] * PAGE,
        flags: rest[2], newAddr: (BASE + rest[0]) * PAGE };
    case 'mprotect':
      return { type: 'Mprotect', ...bytes, prot: rest[0] };
    case 'madvise':
      return { type: 'Madvise', ...bytes, advice: ADVICES[rest[0]] };
    case 'mlock':
    case 'munlock':
      return { type: 'Mlock', ...bytes, on: word === 'mlock' };
    case 'load':
      return { type: 'Load', task, vpn, nr };
    case 'store':
      return { type: 'Store', task, vpn, nr, value: rest[0] };
    case 'rload':
      return { type: 'RemoteLoad', task, vpn };
    case 'rstore':
      return { type: 'RemoteStore', task, vpn, value: rest[0] };
    case 'fork':
      return { type: 'Fork', task, child: at };
    default:
      return { type: 'Exit', task };
  }
}

function cameTo(result: Result, word: string): number | string {
  if (!result.ok) return result.errno;
  return word === 'load' || word === 'rload' ? result.value & 0xff : 0;
}

function mapsOf(world: World, mm: number): string {
  return inspectMm(world, mm).vmas.map(({ start, end, perms, vmFlags }) =>
    `${start - BASE}+${end - start}${perms}${
      ['dc', 'wf', 'hg', 'lo'].filter((flag) => vmFlags.includes(flag)).join('')
    }`
  ).join(' ');
}

/** As the recorder has it: 0 for no page, z for the zero page, else the number of the frame in order of meeting. */
function entryOf(world: World, mm: number, place: number, numbers: Map<number, number>): string {
  const { present, zero, pfn, large, mapcount } = inspectPage(world, mm, BASE + place);
  if (!present) return '0';
  if (zero) return 'z';
  if (!numbers.has(pfn)) numbers.set(pfn, numbers.size + 1);
  const number = numbers.get(pfn)!;
  return large ? `${number}T` : `${number}m${mapcount}`;
}
