/**
 * Streams are named experiment/lane/run. The parts become folders, so that a name can never lead out of the journal.
 */

import { JournalError } from './journal-error.ts';

const PART = /^[A-Za-z0-9][A-Za-z0-9._+:=,@%-]*$/;
const PART_LENGTH_MAX = 120;
const RULE =
  'give experiment/lane/run, each of letters, digits and . _ + : = , @ % -, beginning with a letter or digit';

export type StreamParts = readonly [experiment: string, lane: string, run: string];

export function streamParts(stream: string): StreamParts {
  const parts = typeof stream === 'string' ? stream.split('/') : [];
  if (parts.length === 3 && parts.every(isPart)) return parts as unknown as StreamParts;
  throw new JournalError('bad-name', `${JSON.stringify(stream).slice(0, 80)} names no stream`, RULE);
}

export const isPart = (part: string): boolean => part.length <= PART_LENGTH_MAX && PART.test(part);

/** A name for whatever the three are called: a lane may hold a path, an experiment the name of a file. */
export function streamName(experiment: string, lane: string, run: string): string {
  const stream = [experiment, lane, run].map(encoded).join('/');
  streamParts(stream);
  return stream;
}

function encoded(part: string): string {
  const bytes = new TextEncoder().encode(part);
  let text = '';
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    text += /[A-Za-z0-9]/.test(char) || (text !== '' && /[._+:=,@-]/.test(char))
      ? char
      : `%${byte.toString(16).padStart(2, '0')}`;
  }
  // '%' may not come first either.
  return text.startsWith('%') || text === '' ? `x${text}` : text;
}
