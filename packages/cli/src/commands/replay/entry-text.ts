/** One entry of a log, in words. */
import type { Command, Result } from '@cowlab/core';

const HEX: ReadonlySet<string> = new Set(['vpn', 'addr', 'newAddr', 'length', 'oldLength', 'newLength', 'flags']);

export function commandText({ type, ...fields }: Command): string {
  return [type,
    ...Object.entries(fields).map(([key, value]) =>
      `${key}=${typeof value === 'number' && HEX.has(key) ? `0x${value.toString(16)}` : String(value)}`
    )].join(' ');
}

export const outcomeText = (result: Result): string =>
  result.ok ? `ok ${result.value}` : `${result.errno}: ${result.why}`;
