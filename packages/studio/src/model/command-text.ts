/** A command of the machine on one line. */
import type { Command } from '@cowlab/core';

const HEX: ReadonlySet<string> = new Set(['vpn', 'intoVpn', 'addr', 'newAddr', 'length', 'oldLength', 'newLength',
  'flags']);

export function commandText(command: Command): string {
  const { type, ...fields } = command;
  return [type,
    ...Object.entries(fields).map(([key, value]) =>
      `${key}=${typeof value === 'number' && HEX.has(key) ? `0x${value.toString(16)}` : String(value)}`
    )].join(' ');
}
