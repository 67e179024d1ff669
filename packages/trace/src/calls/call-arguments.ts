/**
 * Typed access to a syscall's arguments. An argument that is not what the syscall takes is refused: a model fed with a
 * guessed address is worse than none.
 */
import type { Iovec, MapFlags, Prot } from './memory-call.ts';
import { flagNames, MAP, type Names, PROT, valueName } from './flag-numbers.ts';
import type { Argument, Value } from '../strace/strace-value.ts';
import type { SyscallRecord } from '../strace/strace-record.ts';
import { TraceError } from '../trace-error.ts';

/** One call's arguments; `at` is a position, or the name under which strace prints the argument. */
export class CallArguments {
  constructor(private readonly record: SyscallRecord, private readonly file: string) {}

  value(at: number | string): Value {
    return before(this.find(at)?.value ?? this.refuse(`argument ${at} is missing`));
  }

  has(at: number | string): boolean {
    return this.find(at) !== undefined;
  }

  int(at: number | string): number {
    const found = this.value(at);
    return found.kind === 'int' ? found.value : found.kind === 'fd' ? found.fd : this.no(at, 'a number');
  }

  /** An address; null for NULL. */
  address(at: number | string): number | null {
    return this.value(at).kind === 'null' ? null : this.int(at);
  }

  text(at: number): string {
    const found = this.value(at);
    return found.kind === 'string' ? found.text : this.no(at, 'a string');
  }

  /** A set of flags; numbers are read by the table. */
  names(at: number | string, table: Names = {}): readonly string[] {
    return flagNames(this.value(at), table) ?? this.no(at, 'a set of flags');
  }

  /** A value of an enumeration. */
  name(at: number | string, table: Names): string {
    return valueName(this.value(at), table) ?? this.no(at, 'a name');
  }

  fd(at: number): { readonly fd: number; readonly path: string } {
    const found = this.value(at);
    return found.kind === 'fd' ? { fd: found.fd, path: found.path } : { fd: this.int(at), path: '' };
  }

  prot(at: number): Prot {
    return PROTS.of(this.names(at, PROT));
  }

  mapFlags(at: number): MapFlags {
    return MAP_FLAGS.of(this.names(at, MAP));
  }

  refuse(what: string, mend = 'record with a strace that decodes this call, without -e raw'): never {
    const { name, endLine } = this.record;
    throw new TraceError({ file: this.file, line: endLine, what: `${name}: ${what}`, mend });
  }

  private find(at: number | string): Argument | undefined {
    const { args } = this.record;
    return typeof at === 'number' ? args[at] : args.find((argument) => argument.name === at);
  }

  private no(at: number | string, what: string): never {
    return this.refuse(`argument ${at} is not ${what}`);
  }
}

/** A field of a structure, as it was passed in. */
export function field(value: Value, name: string): Value | null {
  const of = before(value);
  const found = of.kind === 'struct' ? of.fields.find((candidate) => candidate.name === name) : undefined;
  return found === undefined ? null : before(found.value);
}

/** Every iovec anywhere inside a value: registered buffers stand in arrays, some of them inside a structure. */
export function iovecsIn(value: Value): Iovec[] {
  const of = before(value);
  if (of.kind === 'array') return of.items.flatMap(iovecsIn);
  if (of.kind !== 'struct') return [];
  const length = field(of, 'iov_len');
  if (length?.kind !== 'int') return of.fields.flatMap((inner) => iovecsIn(inner.value));
  const base = field(of, 'iov_base');
  const address = base?.kind === 'int' ? base.value : base?.kind === 'null' ? 0 : null;
  return [{ base: address, lengthBytes: length.value }];
}

function mapFlagsOf(names: readonly string[]): MapFlags {
  const has = (name: string): boolean => names.includes(`MAP_${name}`);
  return {
    shared: has('SHARED') || has('SHARED_VALIDATE'),
    private: has('PRIVATE'),
    anonymous: has('ANONYMOUS') || has('ANON'),
    fixed: has('FIXED'),
    fixedNoreplace: has('FIXED_NOREPLACE'),
    hugetlb: has('HUGETLB'),
    stack: has('STACK'),
    growsdown: has('GROWSDOWN'),
    populate: has('POPULATE'),
    locked: has('LOCKED'),
    noreserve: has('NORESERVE'),
    names,
  };
}

/** The same few sets of flags stand in most calls, each the same list: what the last ones mean is kept. */
class Remembered<Found> {
  private readonly known: { readonly names: readonly string[]; readonly found: Found }[] = [];
  private next = 0;

  constructor(private readonly make: (names: readonly string[]) => Found) {}

  of(names: readonly string[]): Found {
    for (let nr = 0; nr < this.known.length; nr++) if (this.known[nr].names === names) return this.known[nr].found;
    const found = this.make(names);
    this.known[this.next++ % REMEMBERED] = { names, found };
    return found;
  }
}

const REMEMBERED = 16;
const MAP_FLAGS = new Remembered<MapFlags>(mapFlagsOf);
const PROTS = new Remembered<Prot>(protOf);

function protOf(names: readonly string[]): Prot {
  const has = (name: string): boolean => names.includes(`PROT_${name}`);
  return { read: has('READ'), write: has('WRITE'), exec: has('EXEC') };
}

export function before(value: Value): Value {
  return value.kind === 'changed' ? before(value.before) : value;
}
