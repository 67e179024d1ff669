/** `check LANES MEMORY VERDICT`: what is claimed. Lanes as on the command line, with options. */
import { Cursor, type Line, quoted } from '@cowlab/scenario';
import { RACE_MEMORIES, type RaceMemory } from '../memory/memory.ts';
import type { Race, Verdict } from './race.ts';

/** `before`: the claims above it, of which it may repeat none. */
export function parseVerdict(line: Line, before: readonly Verdict[]): Verdict {
  const at = new Cursor(line, 'check LANES sc|tso|armv8|sc,tso safe|broken');
  const lanes = parseLanes(at);
  const words = at.word('MEMORY').split(',');
  const memory = RACE_MEMORIES.filter((model) => words.includes(model));
  if (memory.length !== words.length)
    throw at.fault('MEMORY', `MEMORY is ${quoted(words.join(','))}`,
      'use sc, tso, armv8 or several of them, as sc,tso');
  const safe = at.oneOf('VERDICT', ['safe', 'broken']) === 'safe';
  at.end();
  for (const lane of listOf(lanes)) {
    const twin = before.find((other) =>
      listOf(other.lanes).includes(lane) && other.memory.some((model) => memory.includes(model))
    );
    if (twin !== undefined) throw at.fault('LANES', `${lane} is checked twice`, `keep this or line ${twin.line}`);
  }
  return { lanes, memory, safe, line: line.nr };
}

function parseLanes(at: Cursor): Verdict['lanes'] {
  const text = at.word('LANES');
  if (text === '*') return '*';
  const lanes = text.split(',');
  const odd = lanes.find((lane) => !/^[A-Za-z0-9@./][^*]*$/.test(lane));
  if (odd !== undefined)
    throw at.fault('LANES', `${quoted(odd)} is no lane`,
      'use * or lanes joined by commas: linux-5.9,linux-5.11+what-if:gupSeqChecks=first');
  const twice = lanes.find((lane, i) => lanes.indexOf(lane) < i);
  if (twice !== undefined) throw at.fault('LANES', `${quoted(twice)} is named twice`, 'drop one of them');
  return lanes;
}

const listOf = (lanes: Verdict['lanes']): readonly string[] => (lanes === '*' ? ['*'] : lanes);

/** What the race claims of a lane: said of one of its names, else of all; null where it says nothing. */
export function claimOf({ verdicts }: Race, names: readonly string[], memory: RaceMemory): Verdict | null {
  const about = verdicts.filter((verdict) => verdict.memory.includes(memory));
  return about.find(({ lanes }) => lanes !== '*' && lanes.some((lane) => names.includes(lane)))
    ?? about.find(({ lanes }) => lanes === '*') ?? null;
}
