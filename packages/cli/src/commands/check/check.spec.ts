import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { main } from '../../cli.ts';

let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-check-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Blanks between single quotes belong to a word, as in a shell. */
async function check(args: string, isTTY = false): Promise<Ran> {
  const text = { out: '', err: '' };
  const to = (name: 'out' | 'err') => ({ write: (piece: string) => void (text[name] += piece), isTTY });
  const words = Array.from(args.matchAll(/'([^']*)'|\S+/g), ([word, inside]) => inside ?? word);
  const code = await main(['check', ...words], { stdout: to('out'), stderr: to('err'), cwd, env: {} });
  return { code, ...text };
}

/** Text for people: at most 75 columns, plain ASCII, nothing on stderr. */
async function tells(args: string, code: number): Promise<string> {
  const ran = await check(args);
  expect({ code: ran.code, err: ran.err }).toEqual({ code, err: '' });
  for (const line of ran.out.split('\n')) expect(line).toMatch(/^[\x20-\x7e]{0,75}$/);
  return ran.out;
}

async function json<T>(args: string, code: number): Promise<T> {
  const ran = await check(`${args} --json`);
  expect({ code: ran.code, err: ran.err }).toEqual({ code, err: '' });
  return JSON.parse(ran.out) as T;
}

/** Bad usage or input: nothing on stdout, one line on stderr, exit code 2. */
async function refuses(args: string): Promise<string> {
  const { code, out, err } = await check(args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^cowlab: [^\n]+\n$/);
  return err.slice('cowlab: '.length, -1);
}

const RACE = `title fork() against a fast GUP
question Does the pin hold?
mmap 0 0 anon 1
write 0 0 0 1
actor A
  fork 0 1
actor B
  gupfast 0 0 0 0 1
`;
function file(name: string, text: string): string {
  writeFileSync(join(cwd, name), text);
  return name;
}

interface Data {
  readonly kind: 'check';
  readonly races: readonly {
    readonly name: string;
    readonly reports: readonly {
      readonly lane: string;
      readonly memory: string;
      readonly verdict: string;
      readonly claim: string | null;
      readonly holds: boolean;
      readonly exhaustive: boolean;
      readonly states: number;
      readonly trail: { readonly steps: readonly object[]; readonly command: string; readonly schedule: string } | null;
    }[];
  }[];
}

interface MendData {
  readonly races: readonly { readonly mends: readonly { readonly answer: string }[] }[];
}

describe('cowlab check', () => {
  it('draws the order that breaks a race, and says how to see it again', async () => {
    const out = await tells(`${file('gup.race', RACE)} --policies linux-5.9 --memory sc`, 1);
    expect(out).toMatch(/^linux-5\.9 +sc +broken +- /m);
    expect(out).toMatch(/^\* read ref/m);
    expect(out).toMatch(/^ +\* ref \+= grab/m);
    expect(out).toMatch(/^\* pte := R/m);
    expect(out).toContain('Broken: coherence: ');
    expect(out).toContain('cowlab check gup.race --policies linux-5.9 --memory sc --replay');
  });

  it('exits 0 where every order was looked at and nothing is broken', async () => {
    const out = await tells(`${file('gup.race', RACE)} --policies linux-5.11`, 0);
    expect(out).toMatch(/^linux-5\.11 +sc +safe /m);
    expect(out).toMatch(/^linux-5\.11 +tso +safe /m);
  });

  it('exits 0 where the file says broken and it is, and 1 where the file is wrong', async () => {
    const claims = (said: string): string => file(`claims-${said}.race`, `${RACE}check linux-5.9 sc,tso ${said}\n`);
    expect(await tells(claims('broken'), 0)).toMatch(/^linux-5\.9 +tso +broken +yes/m);
    expect(await tells(claims('safe'), 1)).toMatch(/^linux-5\.9 +tso +broken +NO: safe/m);
    // Claims of other lanes are no claims of this one.
    await tells(`${claims('broken')} --policies linux-5.11`, 0);
  });

  it('finds the gallery by name', async () => {
    expect(await tells('has-pinned-too-late --policies linux-5.11+what-if:hasPinnedSet=after-grab', 0)).toMatch(
      / tso +broken +yes /,
    );
  });

  it('names the least barriers that mend a race, and none where no barrier does', async () => {
    const asked = 'seqcount-no-barrier --policies linux-5.11 --memory tso --mend';
    const out = await tells(asked, 0);
    expect(out).toMatch(/^linux-5\.11 +tso +broken +seq, or look, or without/m);
    const { races } = await json<MendData>(asked, 0);
    expect(races[0].mends[0]).toMatchObject({ answer: 'mended', undecided: [], sets: [
      { strengthen: ['seq'], restore: [] },
      { strengthen: ['look'], restore: [] },
      { strengthen: [], restore: ['lock'] },
    ] });
    // What is broken where every store is seen at once.
    expect(await tells('merged-5.9 --policies linux-5.9 --memory tso --mend', 1)).toContain('none of these');
    expect(await tells('merged-5.9 --policies linux-5.9 --memory sc --mend', 1)).toContain('nothing for a barrier');
    expect(await tells('seqcount --policies linux-5.11 --memory sc --mend', 0)).toMatch(/ safe +- /);
    expect(await tells(`${asked} --max-states 120`, 1)).toContain('nothing broken was found in a part');
    expect(await refuses('seqcount --mend --replay A1')).toContain('--mend and --replay are two questions');
  });

  it('says with two threads, and with a bound of bytes, what one thread says', async () => {
    const args = `${file('gup.race', RACE)} --policies linux-5.9,linux-5.11`;
    const told = ({ races: [{ reports }] }: Data) =>
      reports.map(({ verdict, states, trail }) => [verdict, states, trail?.schedule]);
    const one = told(await json<Data>(args, 1));
    expect(told(await json<Data>(`${args} --threads 2`, 1))).toEqual(one);
    expect(told(await json<Data>(`${args} --max-bytes 100M`, 1))).toEqual(one);
    expect(await refuses('gup.race --threads 2 --explorer dfs')).toContain('breadth first under sc and tso');
    expect(await refuses('gup.race --max-bytes lots')).toContain('write it as 500M or 2G');
  });

  it('takes a bound for no pass', async () => {
    const out = await tells(`${file('gup.race', RACE)} --policies linux-5.11 --memory sc --max-states 20`, 1);
    expect(out).toMatch(/^linux-5\.11 +sc +bounded/m);
    expect(out).toContain('nothing found is no pass');
  });

  it.each(['random', 'pct'])('walks at %s: the same seed, the same walks, and what they find is found again',
    async (explorer) => {
      const args = `${
        file('gup.race', RACE)
      } --policies linux-5.9 --memory tso --explorer ${explorer} --walks 500 --seed`;
      const [first, again] = [await json<Data>(`${args} 3`, 1), await json<Data>(`${args} 3`, 1)];
      const report = first.races[0].reports[0];
      expect(again.races[0].reports[0].trail?.schedule).toBe(report.trail?.schedule);
      expect(report).toMatchObject({ verdict: 'broken', exhaustive: false, claim: null, holds: false });
      expect(await tells(`gup.race --policies linux-5.9 --memory tso --replay '${report.trail?.schedule}'`, 1))
        .toContain('Broken: coherence');
    });

  it('finds with all explorers what one finds; depth first has longer trails', async () => {
    const found = async (explorer: string): Promise<Data['races'][number]['reports'][number]> =>
      (await json<Data>(`${file('gup.race', RACE)} --policies linux-5.9 --memory sc --explorer ${explorer}`, 1))
        .races[0].reports[0];
    const [bfs, dfs] = [await found('bfs'), await found('dfs')];
    expect([bfs.verdict, dfs.verdict]).toEqual(['broken', 'broken']);
    expect(bfs.trail?.steps.length).toBeLessThanOrEqual(dfs.trail?.steps.length ?? 0);
  });

  it('visits more states without reductions, and says the same', async () => {
    const args = `${file('gup.race', RACE)} --policies linux-5.11 --memory sc`;
    const [reduced, whole] = [await json<Data>(args, 0), await json<Data>(`${args} --no-reduce`, 0)];
    expect(whole.races[0].reports[0].states).toBeGreaterThan(reduced.races[0].reports[0].states);
  });

  it('replays the very command that a trail ends with', async () => {
    const { races } = await json<Data>(
      `${file('gup race.race', RACE).replace(' ', '?')} --policies linux-5.9`.replace('gup?race.race',
        "'gup race.race'"),
      1,
    );
    for (const { trail } of races[0].reports) {
      const [, args = ''] = /^cowlab check (.*)$/.exec(trail?.command ?? '') ?? [];
      expect(await tells(args, 1)).toContain('Broken: coherence');
      expect(await tells(`${args} --explain`, 1)).toMatch(/^ *1\. CPU0 fork 0 1/m);
    }
  });

  it('says of a schedule that breaks nothing that it does not, and of one that stops short that it stops', async () => {
    file('gup.race', RACE);
    expect(await tells('gup.race --policies linux-5.9 --replay A4', 1)).toContain(
      'the schedule ends before everybody is through.',
    );
    // The whole pin, and then fork(), step by step until it is through.
    let order = 'B11 A1';
    let ran = await check(`gup.race --policies linux-5.9 --replay '${order}'`);
    for (let steps = 2; ran.code === 1; steps++) {
      expect(ran.out).toContain('the schedule ends before everybody is through.');
      order = `B11 A${steps}`;
      ran = await check(`gup.race --policies linux-5.9 --replay '${order}'`);
    }
    expect([ran.code, ran.err]).toEqual([0, '']);
    expect(ran.out).toContain('Nothing is broken by this order.');
  });

  it('writes a Mermaid sequence and a trace for Perfetto, and overwrites neither unasked', async () => {
    const args = `${file('gup.race', RACE)} --policies linux-5.9 --memory sc --mermaid t.mmd --perfetto t.json`;
    await tells(args, 1);
    expect(readFileSync(join(cwd, 't.mmd'), 'utf8')).toMatch(/^sequenceDiagram\n/);
    const { traceEvents } = JSON.parse(readFileSync(join(cwd, 't.json'), 'utf8')) as { traceEvents: readonly object[] };
    expect(traceEvents.length).toBeGreaterThan(20);
    const refused = await check(args);
    expect([refused.code, refused.err]).toEqual([2,
      'cowlab: t.mmd is there already; choose another name, or --force to overwrite it\n']);
    await tells(`${args} --force`, 1);
    const safe = await check(`gup.race --policies linux-5.11 --memory sc --mermaid none.mmd`);
    expect([safe.code, safe.err]).toEqual([0, 'cowlab: nothing is broken, so none.mmd is not written\n']);
  });

  it('prints the race as a Promela model', async () => {
    const { code, out, err } = await check(
      `${file('gup.race', RACE)} --policies linux-5.9 --memory sc --export promela`,
    );
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/proctype/);
  });

  it('checks a policy file of somebody else, and the command names the file', async () => {
    file('mine.mjs',
      "export default { id: 'mine', summary: 'Looks between.', over: 'thp-split', traits: { forkOrder: ['ref', "
        + "'wrprotect', 'has-pinned'] } };\n");
    const out = await tells(`${file('gup.race', RACE)} --policies ./mine.mjs --memory sc`, 1);
    expect(out).toMatch(/^mine +sc +broken/m);
    expect(out.replace(/ \\\n +/g, ' ')).toContain('cowlab check gup.race --policies ./mine.mjs --memory sc --replay ');
  });

  it('lists the gallery with titles', async () => {
    expect(await tells('--list', 0)).toMatch(/^merged-5\.9 +5\.9 as merged: the early copy/m);
  });

  it('prints progress on a terminal only', async () => {
    const { code, err } = await check('seqcount-2-pages --memory tso --no-reduce --max-states 200000', true);
    expect([0, 1]).toContain(code);
    expect(err).toMatch(/states, .*\/s, depth \d+, queue /);
  });
});

describe('cowlab check refuses', () => {
  it.each([
    ['', 'which race? give .race files, or names of the gallery: cowlab check --list'],
    ['no-such-race',
      'no-such-race: there is no such race; cowlab check --list names those of the gallery; a file ends in .race'],
    ['vmsplice', 'vmsplice: there is no such race; of the gallery, these speak of it: '],
    ['merged-5.8', "merged-5.8: there is no such race; did you mean 'merged-5.9'?; a file ends in .race"],
    ['merged-5.9 --memory arm', '--memory arm is not known; use sc, tso, armv8, both, all'],
    ['merged-5.9 --explorer astar', '--explorer astar is not known; use bfs, dfs, random, pct'],
    ['merged-5.9 --seed 2', '--seed is for walks; add --explorer random or --explorer pct'],
    ['merged-5.9 --explorer pct --max-states 5', '--max-states is for searches; with --explorer pct use --walks'],
    ['merged-5.9 --max-states many', '--max-states many is no count; give a whole number from 1 on'],
    ['merged-5.9 --policies linux-5.9+what-if:forkOrder=wrprotct',
      "plugin what-if: option forkOrder cannot be 'wrprotct'; use test-first, wrprotect-first, or a list "
      + 'of wrprotect, has_pinned, ref, fence joined by dashes'],
    ['merged-5.9 seqcount --replay A1', '--replay takes one race, 2 are given'],
    ['seqcount --replay A1',
      '--replay takes one lane; add --policies with one of linux-5.10, linux-5.11, linux-5.15, linux-5.18'],
    ['merged-5.9 --replay A1 --memory both', '--replay takes one memory model; use --memory sc, tso or armv8'],
    ['merged-5.9 --replay C1', 'schedule, character 1: no actor C; the actors are A to B'],
    ['merged-5.9 --replay A900', 'merged-5.9 under linux-5.9: '],
    ['merged-5.9 --replay A!1', 'merged-5.9 under linux-5.9: move 1 of the schedule: A has no store waiting there; '],
    ['merged-5.9 --export tla', '--export tla is not known; use promela'],
    ['merged-5.9 --replay A1 --export promela', '--replay and --export are two questions; ask one'],
  ])('%s', async (args, message) => {
    expect((await refuses(args)).slice(0, message.length)).toBe(message);
  });

  it('a file with a slip in it, by line and column', async () => {
    expect(await refuses(file('slip.race', RACE.replace('gupfast', 'gupfats')))).toBe(
      'slip.race:8:3: unknown word "gupfats"; did you mean "gupfast"?',
    );
  });

  it('a claim of a lane that is not there, by line', async () => {
    expect(await refuses(file('lane.race', `${RACE}check linux-4.4 sc safe\n`))).toMatch(
      /^lane\.race:9: there is no policy or profile 'linux-4\.4'; .*; or choose lanes with --policies$/,
    );
  });

  it('a race that cannot be set up', async () => {
    expect(
      await refuses(
        `${
          file('setup.race', RACE.replace('write 0 0 0 1', 'mprotect 0 0 0 1 r\nwrite 0 0 0 1'))
        } --policies linux-5.9`,
      ),
    )
      .toBe(
        'setup.race under linux-5.9: write 0 0 0 1: SIGSEGV, store at page 10; mend the steps of the race, or choose other lanes',
      );
  });
});
