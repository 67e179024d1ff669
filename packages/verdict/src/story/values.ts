/** Reading a syscall's arguments where no reader of `trace` does, without ever throwing. */
import { field, iovecsIn, type SyscallRecord, type Value } from '@cowlab/trace';

export const argument = ({ args }: SyscallRecord, at: number): Value | null => {
  const found = args[at]?.value ?? null;
  return found?.kind === 'changed' ? found.before : found;
};

export function int(value: Value | null): number | null {
  if (value?.kind === 'int') return value.value;
  if (value?.kind === 'fd') return value.fd;
  return value?.kind === 'null' ? 0 : null;
}

export const intAt = (record: SyscallRecord, at: number): number | null => int(argument(record, at));

/** The path that strace -y prints behind a descriptor. */
export function pathAt(record: SyscallRecord, at: number): string {
  const found = argument(record, at);
  return found?.kind === 'fd' ? found.path : '';
}

export function stringAt(record: SyscallRecord, at: number): string {
  const found = argument(record, at);
  return found?.kind === 'string' ? found.text : '';
}

/** The value as text, to look for words that no reader knows. */
export function textOf(value: Value | null): string {
  switch (value?.kind) {
    case 'flags':
      return value.names.join('|');
    case 'int':
      return `0x${value.value.toString(16)}`;
    case 'other':
    case 'string':
      return value.text;
    case 'fd':
      return `${value.fd}<${value.path}>`;
    case 'struct':
      return value.fields.map((one) => `${one.name ?? ''}=${textOf(one.value)}`).join(', ');
    case 'array':
      return value.items.map(textOf).join(', ');
    case 'changed':
      return textOf(value.before);
    default:
      return '';
  }
}

export const iovecsAt = (record: SyscallRecord, at: number): ReturnType<typeof iovecsIn> => {
  const found = argument(record, at);
  return found === null ? [] : iovecsIn(found);
};

export const fieldInt = (value: Value | null, name: string): number | null =>
  value === null ? null : int(field(value, name));

export const succeeded = ({ ret, errno }: SyscallRecord): boolean => ret !== null && errno === null;
