import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ScenarioError } from '@cowlab/scenario';
import { describe, expect, it } from '@jest/globals';
import { formatRace } from './format-race.ts';
import { parseRace } from './parse-race.ts';
import { DEFAULT_SPECS } from './specs.ts';
import { claimOf } from './verdict.ts';

const RACE = `# Who comes first?
title fork() against a pin
question Does the pin hold?
note 57efa1fe5957 mm/gup: prevent gup_fast from racing with COW during fork

mmap 0 0 anon 2
write 0 0 1 7
actor A
  fork 0 1
actor writer tlb
  gupfast 0 3 0 1 1
  ksm 0 0 0
check linux-5.9 sc,tso broken
check linux-5.11+what-if:gupSeqChecks=first,my=./mine.mjs tso broken
check * sc safe
`;

/** Message and place of what is wrong with `text`. */
function fault(text: string): string {
  try {
    parseRace(text, 'r.race');
  } catch (cause) {
    if (cause instanceof ScenarioError) return cause.message;
    throw cause;
  }
  return 'nothing';
}

/** RACE with one line changed. */
const withLine = (before: string, after: string): string => {
  expect(RACE).toContain(before);
  return RACE.replace(before, after);
};

describe('a race file', () => {
  const race = parseRace(RACE, 'r');

  it('has a setup, and actors with the steps below their lines', () => {
    expect(race).toMatchObject({ name: 'r', title: 'fork() against a pin', question: 'Does the pin hold?', weakened: [],
      specs: DEFAULT_SPECS });
    expect(race.setup).toEqual({ pool: 0,
      steps: [{ op: 'mmap', p: 0, r: 0, kind: 'anon', nr: 2 }, { op: 'write', p: 0, r: 0, page: 1, value: 7 }] });
    expect(race.actors).toEqual([
      { name: 'A', tlb: false, steps: [{ op: 'fork', p: 0, child: 1 }] },
      { name: 'writer', tlb: true,
        steps: [{ op: 'gupfast', p: 0, slot: 3, r: 0, start: 1, nr: 1 }, { op: 'ksm', p: 0, r: 0, page: 0 }] },
    ]);
  });

  it('claims verdicts of lanes with options; what is said of a lane by name comes before what is said of all', () => {
    expect(race.verdicts.map(({ lanes, memory, safe, line }) => [lanes, memory, safe, line])).toEqual([[['linux-5.9'], [
      'sc',
      'tso',
    ], false, 13], [['linux-5.11+what-if:gupSeqChecks=first', 'my=./mine.mjs'], ['tso'], false, 14], ['*', ['sc'], true,
      15]]);
    expect(claimOf(race, ['linux-5.9'], 'sc')?.safe).toBe(false);
    expect(claimOf(race, ['linux-5.7', 'other'], 'sc')?.safe).toBe(true);
    expect(claimOf(race, ['linux-5.7', 'other'], 'tso')).toBeNull();
  });

  it('says which barriers are taken away and what must hold', () => {
    const weak = parseRace(withLine('actor A\n', 'weaken wrprotect lock\nspec snapshot no-leak\npool 2\nactor A\n'),
      'r');
    expect([weak.weakened, weak.specs, weak.setup.pool]).toEqual([['wrprotect', 'lock'], ['snapshot', 'no-leak'], 2]);
  });

  it('is written as it is read', () => {
    const text = formatRace(race);
    expect(text).toBe(RACE.replace(/^#.*\n|^\n/gm, ''));
    expect(formatRace(parseRace(text, 'r'))).toBe(text);
  });
});

describe('a slip is told with its place and its mend:', () => {
  it.each([
    ['a word nobody knows', withLine('actor A', 'acter A'), 'r.race:8:1: unknown word "acter"; did you mean "actor"?'],
    ['an actor without a name', withLine('actor A', 'actor'),
      'r.race:8:6: NAME is missing; write it as: actor NAME [tlb]'],
    ['two actors of one name', withLine('actor writer tlb', 'actor A'),
      'r.race:10:7: line 8 has an actor A; use another name'],
    ['an actor that does nothing', withLine('  fork 0 1\n', ''),
      'r.race:8:1: actor A does nothing; write its steps below this line, such as: fork 0 1'],
    ['an operand too many', withLine('  ksm 0 0 0', '  ksm 0 0 0 0'),
      'r.race:12:13: "0" is one operand too many; write it as: ksm P R PAGE'],
    ['ksmd before the actors', withLine('actor A\n', 'ksm 0 0 0\nactor A\n'),
      'r.race:8:1: ksm comes before any actor; move it below an actor'],
    ['clear_refs before the actors', withLine('actor A\n', 'clearrefs 0\nactor A\n'),
      'r.race:8:1: clearrefs comes before any actor; move it below an actor'],
    ['a page of clear_refs', withLine('  ksm 0 0 0', '  clearrefs 0 0'),
      'r.race:12:15: "0" is one operand too many; write it as: clearrefs P'],
    ['a store to another byte before the actors', withLine('actor A\n', 'touch 0 0 0\nactor A\n'),
      'r.race:8:1: touch comes before any actor; move it below an actor, or use write'],
    ['a fast GUP before the actors', withLine('actor A\n', 'gupfast 0 0 0 0 1\nactor A\n'),
      'r.race:8:1: gupfast comes before any actor; move it below an actor, or use pin'],
    ['a step of live kernels', withLine('  ksm 0 0 0', '  storm 0 0 0 1 5'),
      'r.race:12:3: storm is for live kernels; write its thread and its fork() as actors'],
    ['a transient pin of an actor', withLine('  ksm 0 0 0', '  pvread 0 0 0'),
      'r.race:12:3: pvread has no steps that could be interleaved; use pin or spin'],
    ['a pass of ksmd of an actor', withLine('  ksm 0 0 0', '  ksmd'),
      'r.race:12:3: ksmd has no steps that could be interleaved; use ksm P R PAGE'],
    ['a process nobody forks', withLine('  ksm 0 0 0', '  ksm 3 0 0'),
      'r.race:12:7: process 3 does not exist; let somebody "fork 0 3"'],
    ['processes that fork each other', withLine('  ksm 0 0 0', '  fork 2 3\n  fork 3 2'),
      'r.race:12:8: process 2 does not exist; let somebody "fork 0 2"'],
    ['a child of which there is one', withLine('  ksm 0 0 0', '  fork 0 1'),
      'r.race:12:10: process 1 exists since line 9; use the free id 2'],
    ['a region nobody maps', withLine('  ksm 0 0 0', '  ksm 0 1 0'),
      'r.race:12:9: process 0 never maps region 1; put "mmap 0 1 anon 1" before the actors'],
    ['a region that does not fit', withLine('mmap 0 0 anon 2', 'mmap 0 3 anon 2'),
      'r.race:6:8: R is "3"; use a whole number from 0 to 2, the machine of a race is small'],
    ['more pages than fit', withLine('mmap 0 0 anon 2', 'mmap 0 0 anon 17'),
      'r.race:6:15: N is 17; use 1 to 16 pages, the machine of a race is small'],
    ['half a huge page', withLine('mmap 0 0 anon 2', 'mmap 0 0 thp 2'),
      'r.race:6:14: N is 2 for kind thp; use a multiple of 4: so many pages has a huge page in a race'],
    ['a page outside its region', withLine('  ksm 0 0 0', '  ksm 0 0 2'),
      'r.race:12:11: page 2 is outside region 0; use pages 0 to 1'],
    ['a pin past the end', withLine('gupfast 0 3 0 1 1', 'gupfast 0 3 0 1 2'),
      'r.race:11:19: page 2 is outside region 0; use pages 0 to 1'],
    ['a slot nobody fills', withLine('  ksm 0 0 0', '  unpin 1'),
      'r.race:12:9: pin slot 1 is never filled; let somebody "pin 0 1 R A N"'],
    ['a slot that is filled twice', withLine('  ksm 0 0 0', '  pin 0 3 0 0 1'),
      'r.race:12:9: pin slot 3 is filled at line 11; use another slot: in a race each is filled once'],
    ['a page that its pin does not hold', withLine('  ksm 0 0 0', '  devwrite 3 0 5'),
      'r.race:12:14: page 0 is outside pin slot 3; use page 1'],
    ['a spec nobody knows', withLine('actor A\n', 'spec coherent\nactor A\n'),
      'r.race:8:6: NAME is "coherent"; did you mean "coherence"?'],
    ['a barrier nobody knows', withLine('actor A\n', 'weaken ptl\nactor A\n'),
      'r.race:8:8: NAME is "ptl"; use one of wrprotect, lock'],
    ['a memory model nobody knows', withLine('check * sc safe', 'check * arm safe'),
      'r.race:15:9: MEMORY is "arm"; use sc, tso, armv8 or several of them, as sc,tso'],
    ['a verdict nobody knows', withLine('check * sc safe', 'check * sc brokn'),
      'r.race:15:12: VERDICT is "brokn"; did you mean "broken"?'],
    ['a lane that is none', withLine('check * sc safe', 'check linux-5.9,+x sc safe'),
      'r.race:15:7: "+x" is no lane; use * or lanes joined by commas: linux-5.9,linux-5.11+what-if:gupSeqChecks=first'],
    ['two claims of one lane', withLine('check * sc safe', 'check linux-5.9 sc safe'),
      'r.race:15:7: linux-5.9 is checked twice; keep this or line 13'],
    ['a step after a claim', `${RACE}read 0 0 0\n`, 'r.race:16:1: read comes after a check; move it above line 13'],
    ['no title', withLine('title fork() against a pin\n', ''),
      'r.race:1:1: the race has no title; begin with: title TEXT'],
    ['two titles', withLine('question Does', 'title Does'), 'r.race:3:1: title is given twice; keep this or line 2'],
    ['no actors', 'title x\nmmap 0 0 anon 1\n',
      'r.race:1:1: there are no actors; write "actor A", and below it its steps, such as: fork 0 1'],
    ['a claim without actors', 'title x\ncheck * sc safe\n',
      'r.race:2:1: check comes before any actor; move it below the actors'],
    ['an empty note', withLine('note 57', 'note\n#'), 'r.race:4:1: note has no text; write it as: note TEXT'],
  ])('%s', (_, text, message) => {
    expect(fault(text)).toBe(message);
  });
});

describe('the gallery', () => {
  const folder = fileURLToPath(new URL('../../../../examples/races/', import.meta.url));

  it.each(readdirSync(folder).filter((name) => name.endsWith('.race')))(
    '%s says what it claims, and is written as it is read',
    (name) => {
      const race = parseRace(readFileSync(folder + name, 'utf8'), name);
      expect(race.verdicts).not.toEqual([]);
      expect(race.question).not.toBe('');
      const { verdicts, ...again } = parseRace(formatRace(race), name);
      expect(again).toEqual({ ...race, verdicts: undefined });
      expect(verdicts.map(({ lanes, memory, safe }) => [lanes, memory, safe])).toEqual(
        race.verdicts.map(({ lanes, memory, safe }) => [lanes, memory, safe]),
      );
    },
  );
});
