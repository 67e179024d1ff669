/**
 * The protocols once more, by SPIN: whatever the checker says of a race, another model checker has to say of its
 * export.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask, exhaust, type Memory, parseRace, promela, promelaOf, type Question } from '@cowlab/checker';
import { openCatalogue } from '@cowlab/composition/node';
import { compose, resolveLanes } from '@cowlab/composition';

/** The C compiler has hundreds of places to get through. */
const WAIT = 120_000;
const NO_LIMITS = { maxStates: Infinity, maxDepth: Infinity };

const race = (pages: number, actors: string): string =>
  ['title fork() against fast GUP', `mmap 0 0 anon ${pages}`, ...Array.from({ length: pages }, (_, page) =>
    `write 0 0 ${page} ${page + 1}`), actors].join('\n');
const FORK_AND_GUP = (pages: number): string => race(pages, `actor A\nfork 0 1\nactor B\ngupfast 0 0 0 0 ${pages}`);
/** Each driver waits for the other one to pin. */
const WAITS_FOR_EVER = race(1,
  'actor A\nfork 0 1\nactor B\nunpin 1\ngupfast 0 0 0 0 1\nactor C\nunpin 0\ngupfast 0 1 0 0 1');

async function askAbout(lane: string, text: string): Promise<Question> {
  const [resolved] = await resolveLanes(lane, await openCatalogue({ cwd: process.cwd() }));
  return ask(parseRace(text, 'race'), compose([resolved])[0].policy);
}

interface Counted {
  readonly states: number;
  readonly transitions: number;
  /** Ends that are broken, and states in which somebody waits for ever. */
  readonly errors: number;
  /** Steps to the nearest error. */
  readonly nearest: number | null;
}

function ours(question: Question, memory: Memory): { readonly counted: Counted; readonly model: string } {
  const result = exhaust(question.automaton, { memory, order: 'bfs', limits: NO_LIMITS });
  const { space, finals, stuck, transitions } = result;
  const base = question.race.actors.length * (memory === 'tso' ? 2 : 1);
  const errors = [...stuck, ...finals.filter((state) => question.judge((v) => space.get(state, base + v)).length > 0)];
  const depth = (state: number): number => (space.parent[state] < 0 ? 0 : depth(space.parent[state]) + 1);
  const counted = { states: space.count, transitions, errors: errors.length,
    nearest: errors.length === 0 ? null : Math.min(...errors.map(depth)) };
  return { counted, model: promela(question, memory, result) };
}

describe('a race as a Promela model', () => {
  it('names words as kernel people do, and its steps', async () => {
    const { model } = ours(await askAbout('linux-5.9', FORK_AND_GUP(1)), 'sc');
    expect(model).toContain('bit pte_0;                                  /* pte[0]: W pfn 1 | R pfn 1 */\n');
    expect(model).toMatch(
      /p\d+: {4,6}\/\* pte := R .*\n {8}if\n {8}:: d_step \{ pte_0 == W_pfn_1 -> pte_0 = R_pfn_1 \} -> goto p\d+\n {8}fi;/,
    );
    expect(model).toContain(
      '(ref_1 == maps_plus_1024 && pte_0 == R_pfn_1)\n       )\n       /* coherence: the device holds frame 1 ',
    );
    expect(model).not.toMatch(/undefined|NaN|\[object/);
  });

  it('is refused where only a part was searched', async () => {
    const { race: asked, policy } = await askAbout('linux-5.9', FORK_AND_GUP(1));
    expect(() => promelaOf(asked, policy, 'sc', { maxStates: 100 })).toThrow(
      /^race: its search was cut short, .*; search it whole/,
    );
    expect(promelaOf(asked, policy, 'sc')).toContain('active proctype judge()');
  });
});

const missing = ['spin -V', 'cc --version'].find((command) => spawnSync(command, { shell: true }).status !== 0);
(missing === undefined ? describe : describe.skip)(
  `SPIN on the exported model${missing === undefined ? '' : ` (skipped: no ${missing.split(' ', 1)[0]} here)`}`,
  () => {
    let folder = '';
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'cowlab-promela-'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    const run = (command: string): string => {
      const { status, stdout, stderr } = spawnSync(command, { cwd: folder, shell: true, encoding: 'utf8' });
      if (status !== 0) throw new Error(`${command}: ${stdout}${stderr}`);
      return stdout;
    };
    const number = (pattern: RegExp, text: string): number | null => {
      const found = pattern.exec(text);
      return found === null ? null : Number(found[1]);
    };

    /**
     * With nothing reduced, and nothing that SPIN optimises away by default: dead variables, unread ones, merged
     * statements.
     */
    function spin(model: string): Record<keyof Counted, number | null> {
      writeFileSync(join(folder, 'model.pml'), model);
      run('spin -o1 -o2 -o3 -a model.pml && cc -w -DSAFETY -DNOREDUCE -o all pan.c');
      const all = run('./all -m100000 -c0');
      const errors = number(/errors: (\d+)/, all);
      const nearest = errors === 0 ? '' : run('cc -w -DSAFETY -DNOREDUCE -DBFS -o nearest pan.c && ./nearest');
      return { states: number(/(\d+) states, stored/, all), transitions: number(/(\d+) transitions/, all), errors,
        nearest: number(/\(at depth (\d+)\)/, nearest) };
    }

    it.each(
      [['linux-5.11', 'sc', 1, 'safe'], ['linux-5.11', 'sc', 2, 'safe'], ['linux-5.11', 'tso', 1, 'safe'], ['linux-5.9',
        'sc', 1, 'broken'], ['linux-5.9', 'tso', 1, 'broken'], ['linux-5.9', 'tso', 2, 'broken'], ['posted-v2', 'sc', 1,
        'safe'], ['posted-v2', 'tso', 2, 'safe']] as const,
    )('%s under %s, %i page(s): %s, the same states, transitions, ends and shortest trail',
      async (lane, memory, pages, verdict) => {
        const { counted, model } = ours(await askAbout(lane, FORK_AND_GUP(pages)), memory);
        expect(counted.errors > 0).toBe(verdict === 'broken');
        expect(spin(model)).toEqual(likeSpin(counted, 0));
      }, WAIT);

    it('finds a deadlock where we do', async () => {
      const { counted, model } = ours(await askAbout('linux-5.11', WAITS_FOR_EVER), 'sc');
      expect(counted.errors).toBeGreaterThan(0);
      expect(spin(model)).toEqual(likeSpin(counted, counted.errors));
    }, WAIT);

    it('finds an error where a step of the model is not that of the kernel', async () => {
      const { counted, model } = ours(await askAbout('linux-5.11', FORK_AND_GUP(1)), 'sc');
      const planted = model.replaceAll(':: write_protect_seq == 0 -> goto', ':: write_protect_seq >= 0 -> goto');
      expect(planted).not.toBe(model);
      expect(counted.errors).toBe(0);
      expect(spin(planted).errors).toBeGreaterThan(0);
    }, WAIT);
  },
);

/** SPIN counts the start as a transition, and the step of the judge at each end that is broken. */
function likeSpin(counted: Counted, nrStuck: number): Counted {
  return { ...counted, transitions: counted.transitions + 1 + counted.errors - nrStuck };
}
