/**
 * 500 random programs of system calls as 6.18 answered them (`calls 20 500`): mappings that split, merge, move and are
 * locked, in up to three processes. The machine maps no zero page but by the split of a THP.
 */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Policy } from '@cowlab/core';
import { compose, resolveLanes } from '@cowlab/composition';
import { openCatalogue, readText } from '@cowlab/composition/node';
import { onMachine } from '../on-machine.ts';
import { differs, type RecordedCalls } from './recorded-calls.ts';

const FILE = fileURLToPath(new URL('../../fixtures/calls/calls.6.18.jsonl.gz', import.meta.url));
const programs = readText(FILE, 'calls.6.18.jsonl').trimEnd().split('\n').map((line) =>
  JSON.parse(line) as RecordedCalls
);

async function policyOf(profile: string): Promise<Policy> {
  const catalogue = await openCatalogue({ cwd: process.cwd() });
  const [lane] = await resolveLanes(profile, catalogue);
  const [lab] = compose([onMachine(lane, 'by-split', catalogue).lane]);
  return lab.policy;
}

describe('system calls in a row', () => {
  let now: Policy;
  let before: Policy;
  beforeAll(async () => {
    [now, before] = [await policyOf('linux-6.18'), await policyOf('linux-6.16')];
  });

  it('come to what they came to on 6.18, and leave the same mappings and entries', () => {
    expect(programs.map((program) => differs(program, now)).filter((what) => what !== null)).toEqual([]);
    expect(programs).toHaveLength(500);
  });

  it('do something else on 6.16 only where mremap() moves', () => {
    const words = programs.map((program) => differs(program, before)).filter((what) => what !== null).map((what) =>
      /call \d+, (\w+)/.exec(what)?.[1]
    );
    expect(words.length).toBeGreaterThan(20);
    expect(new Set(words)).toEqual(new Set(['mremap']));
  });

  it('and one of them changed differs there and nowhere else', () => {
    const [program] = programs.filter(({ steps }) => steps.some(({ call: [word] }) => word === 'mprotect'));
    const at = program.steps.findIndex(({ call: [word] }) => word === 'mprotect');
    const changed = { ...program, steps: program.steps.with(at, { ...program.steps[at], came: 'EACCES' }) };
    expect(differs(changed, now)).toContain(`call ${at}, mprotect`);
  });
});
