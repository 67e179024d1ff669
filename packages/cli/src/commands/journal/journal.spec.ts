/** What commands leave in a journal, and what becomes of it when they are cut. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FileJournal, packResults, readJournalLog, readResults, type ResultEvent,
  unpackResults } from '@cowlab/journal';
import { replay } from '@cowlab/runtime';
import { main } from '../../cli.ts';

const BIN = fileURLToPath(new URL('../../../bin/cowlab.mjs', import.meta.url));
const isBuilt = existsSync(fileURLToPath(new URL('../../../dist/commands/journal/journal.js', import.meta.url)));
const PATIENCE_MS = 120_000;
const SCENARIO = `question Does the pin hold?
watch 0 0
mmap 0 0 anon 8
write 0 0 0 17
pin 0 0 0 0 1
fork 0 1
write 0 0 0 34
expect * value 0 0 0 34
`;
let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-cli-journal-'));
  writeFileSync(join(cwd, 'pin.cow'), SCENARIO);
});
afterEach(() => rmSync(cwd, { recursive: true }));

async function cowlab(line: string): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const io = { stdout: { write: (text: string) => void (said.out += text) },
    stderr: { write: (text: string) => void (said.err += text) }, cwd, env: {} };
  return { code: await main(line.split(' '), io), ...said };
}

async function data(line: string): Promise<Record<string, never>> {
  return JSON.parse((await cowlab(`${line} --json`)).out) as Record<string, never>;
}

interface Listed {
  readonly stream: string;
  readonly state: string;
  readonly holds: string;
}
const streams = async (): Promise<readonly Listed[]> => (await data('journal ls runs')).streams;

/** As kill -9 leaves it: the stream without its last word. */
async function cut(change: (value: unknown) => unknown): Promise<string> {
  const journal = new FileJournal(join(cwd, 'runs'));
  try {
    const [{ stream }] = await journal.list();
    const events: ResultEvent[] = [];
    for await (const item of journal.read(stream))
      if (item.kind === 'chunk') events.push(...unpackResults(item, stream));
    expect(events.at(-1)).toEqual({ kind: 'end' });
    await journal.drop(stream);
    const left = events.slice(0, -1).map((event) =>
      event.kind === 'result' ? { ...event, value: change(event.value) } : event
    );
    await journal.append(stream, [packResults(left)], 0);
    return stream;
  } finally {
    await journal.close();
  }
}

describe('run and compare with a journal', () => {
  it('leave a stream for each lane, which replays to the world of the run', async () => {
    const run = await cowlab('run pin.cow --policy linux-5.9 --journal runs');
    expect(run).toMatchObject({ code: 0, err: '' });
    expect((await cowlab('compare pin.cow --policies linux-5.7,linux-6.1 --journal runs')).code).toBe(0);
    const all = await streams();
    expect(all.map(({ stream, holds, state }) => [stream.replace(/\/[^/]*$/, ''), holds, state])).toEqual([
      ['pin/linux-5.7', 'log', 'whole'],
      ['pin/linux-5.9', 'log', 'whole'],
      ['pin/linux-6.1', 'log', 'whole'],
    ]);
    const replayed = await data('replay --journal runs pin/linux-5.9');
    expect(run.out).toContain(`hash ${(replayed.verified as { hash: string }).hash}`);
    expect(await cowlab(`replay --journal runs ${all[0].stream} --to 2`)).toMatchObject({ code: 0, err: '' });
  }, PATIENCE_MS);

  it('tell what the read models of the lab tell, folded from the stream', async () => {
    await cowlab('compare pin.cow --policies linux-5.9-rc5 --journal runs');
    const [lane] = (await data('compare pin.cow --policies linux-5.9-rc5')).lanes as { costs: object;
      hazards: string[] }[];
    const shown = await data('journal show runs pin --costs --hazards --page 0x200000');
    expect(shown.costs).toEqual(lane.costs);
    expect([...new Set((shown.hazards as { hazard: string }[]).map(({ hazard }) => hazard))]).toEqual(lane.hazards);
    expect((shown.history as { event: { type: string } }[]).map(({ event }) => event.type)).toEqual(
      expect.arrayContaining(['AnonPagesMapped', 'PtesShared', 'CowBroken']),
    );
    const { out } = await cowlab('journal show runs pin --hazards');
    expect(out).toMatch(/^stream +pin\/linux-5\.9-rc5\/\S+ in runs$/m);
    expect(out).toMatch(/^ +\d+ {2}H1 /m);
  }, PATIENCE_MS);

  it('export a log that replays from a file, and nothing that looks whole of what is not', async () => {
    await cowlab('run pin.cow --policy linux-5.9 --journal runs --log kept.log');
    expect((await cowlab('journal export runs pin --out out.log')).code).toBe(0);
    expect(readFileSync(join(cwd, 'out.log'), 'utf8')).toBe(readFileSync(join(cwd, 'kept.log'), 'utf8'));
    expect((await cowlab('journal export runs pin --out out.log')).err).toMatch(/out\.log is there already/);
  }, PATIENCE_MS);
});

(isBuilt ? describe : describe.skip)(`a run that is killed${isBuilt ? '' : ' (skipped: not built)'}`, () => {
  const steps = (nr: number): string =>
    Array.from({ length: nr }, (_, at) => `write 0 0 ${at % 8} ${at % 256}\nfork 0 ${at + 1}\n`).join('');

  it('has lost no step that it told, and its stream is partial', async () => {
    writeFileSync(join(cwd, 'long.cow'), `question x\nmmap 0 0 anon 8\n${steps(600)}`);
    let nrPartial = 0;
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
      rmSync(join(cwd, 'runs'), { recursive: true, force: true });
      const child = spawn(process.execPath, [BIN, 'run', 'long.cow', '--policy', 'linux-5.9', '--journal', 'runs'], {
        cwd,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let told = '';
      child.stdout.on('data', (text: Buffer) => {
        told += text.toString();
        if (/^ {2}3 /m.test(told)) child.kill(signal);
      });
      await new Promise((resolve) => child.on('close', resolve));
      const nrTold = [...told.matchAll(/^ *\d+ {2}\w/gm)].length;
      const journal = new FileJournal(join(cwd, 'runs'));
      const [{ stream }] = await journal.list();
      const log = await readJournalLog(journal, stream);
      await journal.close();
      if (log === null) throw new Error('nothing is kept');
      // The process and its address space are commands of their own.
      expect(log.log.length).toBeGreaterThanOrEqual(nrTold);
      expect(replay(log).hash()).toBe(log.hash);
      expect((await streams()).map(({ state }) => state)).toEqual([log.partial ? 'partial' : 'whole']);
      if (log.partial) nrPartial++;
      const { out } = await cowlab('replay --journal runs long');
      expect(out.includes('partial: the run that wrote')).toBe(log.partial);
    }
    expect(nrPartial).toBeGreaterThan(0);
  }, PATIENCE_MS);

  it('is followed by another process while it runs, to its end', async () => {
    writeFileSync(join(cwd, 'long.cow'), `question x\nmmap 0 0 anon 8\n${steps(40)}`);
    const journal = new FileJournal(join(cwd, 'runs'));
    await journal.append('long/linux-5.9/0', [{ nr: 1, bytes: Buffer.from('other') }], 0);
    await journal.close();
    const run = spawn(process.execPath, [BIN, 'run', 'long.cow', '--policy', 'linux-5.9', '--journal', 'runs'], { cwd,
      stdio: 'ignore' });
    while (readdirSync(join(cwd, 'runs/long/linux-5.9')).length < 2) await new Promise((done) => setTimeout(done, 5));
    const seen = spawnSync(process.execPath, [BIN, 'journal', 'show', 'runs', 'long', '--follow', '--costs', '--json'],
      {
        cwd,
        encoding: 'utf8',
      });
    await new Promise((resolve) => (run.exitCode === null ? run.on('close', resolve) : resolve(null)));
    const lines = seen.stdout.trim().split('\n').map((line) =>
      JSON.parse(line) as { costs: { forks: { count: number } } }
    );
    expect(lines.at(-1)?.costs.forks.count).toBe(40);
  }, PATIENCE_MS);
});

describe('long work with a journal', () => {
  it('sweeps only the cells that are missing, and begins anew when it was whole', async () => {
    writeFileSync(join(cwd, 'grow.cow'),
      'question x\nmmap 0 0 anon 64\nwrite 0 0 0 1\npin 0 0 0 0 ${pinned}\nfork 0 1\n');
    const line = 'sweep grow.cow --set pinned=1,2,3 --policies linux-5.9 --measure pagesCopiedAtFork --workers 1';
    const whole = await data(`${line} --journal runs`);
    const values = (table: Record<string, never>): number[] =>
      (table.rows as { measures: { pagesCopiedAtFork: { mean: number } } }[]).map(({ measures }) =>
        measures.pagesCopiedAtFork.mean
      );
    // What is found again is believed: so it is seen which cells were run.
    const stream = await cut((value) => {
      const { cell } = value as { cell: number };
      return { cell, values: [100 + cell] };
    });
    expect(values(await data(`${line} --journal runs`))).toEqual([100, 101, 102]);
    expect((await streams()).map((one) => [one.stream, one.state])).toEqual([[stream, 'whole']]);
    expect(values(await data(`${line} --journal runs`))).toEqual(values(whole));
    expect((await streams()).map(({ state }) => state)).toEqual(['whole', 'whole']);
    // Another question is another stream.
    await cut((value) => value);
    await cowlab(`${line.replace('1,2,3', '1,2')} --journal runs`);
    expect((await streams()).map(({ state }) => state)).toEqual(['partial', 'whole', 'whole']);
  }, PATIENCE_MS);

  it('checks only the races that have no verdict yet', async () => {
    const line = 'check merged-5.9 --memory sc --policies linux-5.9 --journal runs';
    const whole = await data(line);
    await cut((value) => {
      const { key, report } = value as { key: string; report: object };
      return { key, report: { ...report, states: 7 } };
    });
    const again = await data(line);
    const states = (told: Record<string, never>): number =>
      (told.races as { reports: { states: number }[] }[])[0]
        .reports[0].states;
    expect([states(again), states(whole) > 7]).toEqual([7, true]);
  }, PATIENCE_MS);

  it('conforms only with what has no result yet, of recordings and of a suite', async () => {
    for (const [line, change, seen] of [
      ['conform --golden examples/golden --set directed --kernel 6.1 --journal runs',
        (value: object) => ({ ...value, nrPrograms: 123_456 }), '123456'],
      ['conform --suite cow --profile linux-6.1 --journal runs',
        (value: { id: string; cells: object[] }) => ({ id: value.id,
          cells: value.cells.map((cell) => ({ ...cell, title: 'another title' })) }), 'another title'],
    ] as const) {
      rmSync(join(cwd, 'runs'), { recursive: true, force: true });
      expect(JSON.stringify(await data(line))).not.toContain(seen);
      await cut(change as (value: unknown) => unknown);
      expect(JSON.stringify(await data(line))).toContain(seen);
    }
  }, PATIENCE_MS);
});

describe('cowlab journal', () => {
  it('verify names the stream, the place and a mend of each damage, and says so with its exit code', async () => {
    await cowlab('run pin.cow --policy linux-5.9 --journal runs');
    expect(await cowlab('journal verify runs')).toMatchObject({ code: 0, err: '' });
    const [{ stream }] = await streams();
    const file = join(cwd, 'runs', stream, '0000000000000000.seg');
    const bytes = readFileSync(file);
    bytes[90] ^= 4;
    writeFileSync(file, bytes);
    const { code, out } = await cowlab('journal verify runs');
    expect(code).toBe(1);
    const flat = out.replaceAll(/\s+/g, ' ');
    expect(flat).toContain(`${stream} event 0: a chunk does not have the bytes it was written with`);
    expect(flat).toContain('mend take the file from a copy');
    expect((await cowlab('replay --journal runs pin')).err).toMatch(/^cowlab: .*0000000000000000\.seg:24: .*copy.*\n$/);
  }, PATIENCE_MS);

  it('prune drops what it is told to, and only that', async () => {
    for (let i = 0; i < 3; i++) await cowlab('run pin.cow --policy linux-5.9 --journal runs');
    await cowlab('run pin.cow --policy linux-6.1 --journal runs');
    const before = (await streams()).map(({ stream }) => stream);
    expect((await data('journal prune runs --keep 1 --dry-run')).dropped).toEqual(before.slice(0, 2));
    expect((await streams()).length).toBe(4);
    expect((await data('journal prune runs --partial')).dropped).toEqual([]);
    expect((await data('journal prune runs --keep 1')).dropped).toEqual(before.slice(0, 2));
    expect((await streams()).map(({ stream }) => stream)).toEqual(before.slice(2));
    expect((await data('journal prune runs pin/linux-6.1 --all')).dropped).toEqual(before.slice(3));
  }, PATIENCE_MS);

  it.each([
    ['journal ls nowhere', 'nowhere is not there; a journal comes about with cowlab run X.cow --journal nowhere'],
    ['journal show runs pin/linux-7', 'runs has no stream pin/linux-7; cowlab journal ls runs names those that it has'],
    ['journal show runs pin --mm 1', '--mm says whose page; add --page VPN'],
    ['journal prune runs', 'say which streams to drop: one of --keep N, --partial and --all'],
    ['run pin.cow --journal mysql://x', '"mysql:" is no kind of journal; give a folder,'],
    ['run pin.cow --journal file://host/x', '--journal file://host/x names another machine; write file:/FOLDER'],
    ['run pin.cow --journal pin.cow', '--journal pin.cow cannot be written'],
    ['run pin.cow --journal .', 'holds something else than a journal; give a new or an empty folder'],
    ['sweep pin.cow --journal postgres://nobody@127.0.0.1:1/none', 'postgres://nobody@127.0.0.1:1/none: '],
  ])('%s is refused in one line', async (line, why) => {
    if (line.includes('runs')) await cowlab('run pin.cow --policy linux-5.9 --journal runs');
    const { code, err } = await cowlab(line);
    expect(code).toBe(2);
    expect(err).toContain(why);
    expect(err).toMatch(/^cowlab: [^\n]+\n$/);
  }, PATIENCE_MS);

  it('reads and writes a database as it does a folder', async () => {
    expect((await cowlab('run pin.cow --policy linux-5.9 --journal libsql:runs.db')).code).toBe(0);
    const shown = await data('journal show libsql:runs.db pin');
    expect(shown).toMatchObject({ state: 'whole', holds: 'log' });
    expect((await cowlab('journal verify libsql:runs.db')).code).toBe(0);
  }, PATIENCE_MS);

  it('keeps results that another command asked for apart from the logs of runs', async () => {
    await cowlab('check merged-5.9 --memory sc --policies linux-5.9 --journal runs');
    const journal = new FileJournal(join(cwd, 'runs'));
    const [{ stream }] = await journal.list();
    const found = await readResults(journal, stream);
    await journal.close();
    expect(found).toMatchObject({ head: { what: 'check' }, isWhole: true });
    expect((await cowlab('journal show runs merged-5.9')).out).toMatch(
      /^asked +check of merged-5\.9 under linux-5\.9$/m,
    );
    expect((await cowlab('replay --journal runs merged')).err).toMatch(/this chunk holds no log/);
  }, PATIENCE_MS);
});
