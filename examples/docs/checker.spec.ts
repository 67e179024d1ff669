/** docs/checker.md: what a reader writes in an empty folder refutes 5.9, and mends it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { galleryNames, readRace } from '@cowlab/experiments/node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cowlab, ROOT } from './commands.ts';
import { type Fence, fencesOf } from './document.ts';

const FENCES = fencesOf(readFileSync(join(ROOT, 'docs/checker.md'), 'utf8'));
const files: readonly Fence[] = FENCES.filter(({ settings }) => settings.file !== undefined);
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cowlab-checker-'));
  for (const { settings, body } of files) writeFileSync(join(folder, settings.file), `${body.join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const check = (args: string): Promise<string> => cowlab(['check', ...args.split(' ')], folder);

/** Lines of the diagram that say in which column a step stands, in their order; `*` marks those whose order matters. */
async function steps(args: string): Promise<readonly string[]> {
  const lines = (await check(args)).split('\n');
  return lines.flatMap((line) => {
    const [, indent, step] = /^( *)\* (.*?)(?: \(.*)?$/.exec(line) ?? [];
    return step === undefined || step.startsWith('the order of this step')
      ? []
      : [`${indent === '' ? 'CPU0' : 'CPU1'} ${step}`];
  });
}

describe('a protocol of somebody else', () => {
  it('needs nothing but files that are plain data', () => {
    expect(files.map(({ settings }) => settings.file)).toEqual(['fork-gup.race', 'between.mjs', 'first.mjs',
      'plain-store.race', 'seqcount.mjs', 'four.race']);
    for (const { settings, body } of files)
      if (settings.file.endsWith('.mjs')) expect(body.join('\n')).not.toContain('import');
  });

  it('5.9 as merged is refuted: the pin comes between the look for pins and the write-protection', async () => {
    const found = await steps('fork-gup.race --policies linux-5.9 --memory sc');
    const [look, grab, protect] = ['CPU0 read ref', 'CPU1 ref += grab', 'CPU0 pte := R'].map((step) =>
      found.indexOf(step)
    );
    expect(look).toBeGreaterThanOrEqual(0);
    expect(grab).toBeGreaterThan(look);
    expect(protect).toBeGreaterThan(grab);
  });

  it('a bug planted in its order is refuted, and the diagram names the two steps', async () => {
    const found = await steps('fork-gup.race --policies linux-5.9+./between.mjs --memory sc');
    const [look, mark, protect] = ['CPU0 read has_pinned', 'CPU1 has_pinned := 1', 'CPU0 pte := R'].map((step) =>
      found.indexOf(step)
    );
    expect(look).toBeGreaterThanOrEqual(0);
    expect(mark).toBeGreaterThan(look);
    expect(protect).toBeGreaterThan(mark);
  });

  it.each([['first.mjs', 'sc', 'safe'], ['first.mjs', 'tso', 'safe'], ['seqcount.mjs', 'sc', 'safe'], ['seqcount.mjs',
    'tso', 'safe'], ['between.mjs', 'tso', 'broken']])('with %s a fork() against a fast GUP is, under %s, %s',
      async (file, memory, verdict) => {
        expect(await check(`fork-gup.race --policies linux-5.9+./${file} --memory ${memory}`)).toMatch(
          new RegExp(`^linux-5\\.9\\S+ +${memory} +${verdict} `, 'm'),
        );
      });

  it('claims in a file name policies by their files, and are met when the command line asks for those', async () => {
    expect(await check('plain-store.race --policies linux-5.9+./first.mjs')).toMatch(
      / sc +safe +yes [^]* tso +broken +yes /,
    );
    await expect(check('plain-store.race')).rejects.toThrow("'./first.mjs' is a file of code");
  });

  it('a full barrier mends the plain store, as the page says', async () => {
    writeFileSync(join(folder, 'fence.mjs'),
      "export default { id: 'fenced', summary: 'x.', traits: { forkOrder: ['wrprotect', 'fence', 'has-pinned', 'ref'] } };\n");
    expect(await check('plain-store.race --policies linux-5.9+./fence.mjs')).toMatch(/ sc +safe [^]* tso +safe /);
  });
});

it('the page has every race of the gallery, and each asks a question', () => {
  const page = readFileSync(join(ROOT, 'docs/checker.md'), 'utf8');
  for (const name of galleryNames()) {
    expect(page).toContain(`[${name}](../examples/races/${name}.race)`);
    expect(readRace(name, ROOT).question).toMatch(/\?$/);
  }
});
