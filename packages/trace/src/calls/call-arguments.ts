/**
 * Typed access to a syscall's arguments. An argument that is not what the syscall takes is refused: a model fed with a
 * guessed address is worse than none.
 */
import type { Iovec, MapFlags, Prot } from './memory-call.ts';
import { flagNames, type Names, PROT, valueName } from './flag-numbers.ts';
import type { Value } from '../strace/strace-value.ts';
import type { SyscallRecord } from '../strace/strace-record.ts';
import { TraceError } from '../trace-error.ts';

/** One call's arguments; `at` is a position, or the name under which strace prints the argument. */
export interface CallArguments {
  value(at: number | string): Value;
  has(at: number | string): boolean;
  int(at: number | string): number;
  /** An address; null for NULL. */
  address(at: number | string): number | null;
  text(at: number): string;
  /** A set of flags; numbers are read by the table. */
  names(at: number | string, table?: Names): readonly string[];
  /** A value of an enumeration. */
  name(at: number | string, table: Names): string;
  fd(at: number): { readonly fd: number; readonly path: string };
  prot(at: number): Prot;
  refuse(what: string, mend?: string): never;
}

export function argumentsOf({ args, name, endLine }: SyscallRecord, file: string): CallArguments {
  const refuse = (what: string, mend = 'record with a strace that decodes this call, without -e raw'): never => {
    throw new TraceError({ file, line: endLine, what: `${name}: ${what}`, mend });
  };
  const find = (at: number | string) =>
    typeof at === 'number' ? args[at] : args.find((argument) => argument.name === at);
  const value = (at: number | string): Value => before(find(at)?.value ?? refuse(`argument ${at} is missing`));
  const no = (at: number | string, what: string): never => refuse(`argument ${at} is not ${what}`);
  const int = (at: number | string): number => {
    const found = value(at);
    return found.kind === 'int' ? found.value : found.kind === 'fd' ? found.fd : no(at, 'a number');
  };
  const names = (at: number | string, table: Names = {}): readonly string[] =>
    flagNames(value(at), table) ?? no(at, 'a set of flags');
  return {
    value,
    has: (at) => find(at) !== undefined,
    int,
    address: (at) => (value(at).kind === 'null' ? null : int(at)),
    text: (at) => {
      const found = value(at);
      return found.kind === 'string' ? found.text : no(at, 'a string');
    },
    names,
    name: (at, table) => valueName(value(at), table) ?? no(at, 'a name'),
    fd: (at) => {
      const found = value(at);
      return found.kind === 'fd' ? { fd: found.fd, path: found.path } : { fd: int(at), path: '' };
    },
    prot: (at) => protOf(names(at, PROT)),
    refuse,
  };
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

export function mapFlagsOf(names: readonly string[]): MapFlags {
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

function protOf(names: readonly string[]): Prot {
  const has = (name: string): boolean => names.includes(`PROT_${name}`);
  return { read: has('READ'), write: has('WRITE'), exec: has('EXEC') };
}

export function before(value: Value): Value {
  return value.kind === 'changed' ? before(value.before) : value;
}
