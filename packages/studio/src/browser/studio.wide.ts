/**
 * What takes too long for every test run: `npm run studio:test`. The page for everyone, races, writing, large pictures,
 * and, with COWLAB_DOCS=update, the pictures of docs/studio.md.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { ask, parseRace, stateGraph } from '@cowlab/checker';
import { catalogueOf, resolveLanes } from '@cowlab/composition';
import { compareScenario } from '@cowlab/experiments/compare';
import { chooseRaceLanes, replayRace } from '@cowlab/experiments/check';
import { parseScenario } from '@cowlab/scenario';
import type { Browser, Page } from 'playwright-core';
import type { StudioDocument } from '../document/document.ts';
import { pageWith } from '../document/embed.ts';
import { stateMap } from '../model/state-map.ts';
import { launchBrowser, openFile, PAGE } from './chromium.ts';

const EXAMPLES = new URL('../../../../examples/', import.meta.url);
const text = (name: string): string => readFileSync(new URL(name, EXAMPLES), 'utf8');
const ROW_1 = text('situations/01-rw-pin-fork-parent-writes.cow');
const RACE = text('races/merged-5.9.race');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PATIENCE_MS = 180_000;

const chromium = await launchBrowser();
const browser = chromium as Browser;
const described = chromium === null ? describe.skip : describe;
const folder = mkdtempSync(join(tmpdir(), 'cowlab-studio-wide-'));
afterEach(async () => {
  for (const context of chromium?.contexts() ?? []) await context.close();
}, PATIENCE_MS);
afterAll(async () => {
  await chromium?.close();
  rmSync(folder, { recursive: true });
}, PATIENCE_MS);

function fileWith(name: string, document: StudioDocument | null): string {
  const path = join(folder, name);
  writeFileSync(path, pageWith(readFileSync(PAGE, 'utf8'), document));
  return path;
}

/** The command, as it was built. */
function recording(): string {
  const path = join(folder, 'recording.html');
  const cowlab = fileURLToPath(new URL('../../../cowlab/bin/cowlab.mjs', import.meta.url));
  execFileSync(process.execPath, [cowlab, 'studio', 'examples/recordings/uring-fork', '--out', path, '--force'], {
    cwd: folder,
  });
  return path;
}

const SCENARIO: StudioDocument = { kind: 'scenario', name: 'row-1.cow', text: ROW_1,
  lanes: 'linux-5.7,linux-5.9-rc5,linux-5.9' };
const raceDocument = (schedule: string | null): StudioDocument => ({ kind: 'race', name: 'merged-5.9', text: RACE,
  lanes: null, schedule });
const place = (page: Page): Promise<string | undefined> => page.evaluate(() => globalThis.cowlab?.shown().place);

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** The page's own policy keeps the checker out, so it is let in before the page, by the browser. */
async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<{ violations: unknown }> } }).axe.run()
  );
  return (found.violations as Violation[]).filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

const VIEWS: readonly (readonly [string, StudioDocument | null, string])[] = [['welcome', null, ''], ['pages', SCENARIO,
  ''], ['table', SCENARIO, '#view=table'], ['race', raceDocument(null), ''], ['write', SCENARIO, '#view=write']];

described('the page for everyone', () => {
  it.each(
    VIEWS.flatMap(([name, document, fragment]) =>
      (['light', 'dark'] as const).map((scheme) => [name, scheme, document, fragment] as const)
    ),
  )('has nothing that axe calls serious: %s, %s', async (name, colorScheme, document, fragment) => {
    const { page } = await openFile(browser, fileWith(`${name}.html`, document), fragment, { colorScheme,
      bypassCSP: true });
    await page.evaluate(AXE);
    await page.waitForTimeout(1500);
    expect(await violations(page)).toEqual([]);
  }, PATIENCE_MS);

  it.each(['palette', 'help', 'share'])('has nothing that axe calls serious in what lies over it: %s',
    async (panel) => {
      const { page } = await openFile(browser, fileWith('pages.html', SCENARIO), '', { bypassCSP: true });
      await page.evaluate(AXE);
      await page.keyboard.press({ palette: '/', help: '?', share: 's' }[panel] ?? '?');
      await page.getByRole('dialog').waitFor();
      expect(await violations(page)).toEqual([]);
    }, PATIENCE_MS);

  it('is walked through by the keyboard alone, from the first screen to the end of the story', async () => {
    const { page, problems } = await openFile(browser, PAGE);
    await page.keyboard.press('Tab');
    const story = page.getByRole('button', { name: /nine steps/ });
    for (let i = 0; i < 20 && !(await story.evaluate((button) => button === document.activeElement)); i++)
      await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const seen: string[] = [];
    for (let step = 1; step <= 9; step++) {
      await page.getByText(`The breakage of 2020, ${step} of 9`).waitFor();
      seen.push(await page.locator('.guide h2').innerText());
      const on = page.locator('.guide button.first');
      for (let i = 0; i < 20 && !(await on.evaluate((button) => button === document.activeElement)); i++)
        await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
    }
    expect(new Set(seen).size).toBe(9);
    await page.locator('.guide').waitFor({ state: 'detached' });
    expect(await place(page)).toBe('9');
    expect(problems).toEqual([]);
  }, PATIENCE_MS);

  it('reaches pages by arrow keys, tells them, and goes to their next event', async () => {
    const { page } = await openFile(browser, fileWith('pages.html', SCENARIO), '#at=0');
    await page.getByRole('application').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.locator('.told').first().filter({ hasText: 'process 0, region 0 page 0' }).waitFor();
    await page.keyboard.press('n');
    expect(await place(page)).not.toBe('0');
  }, PATIENCE_MS);

  it('is as wide as a telephone without being pushed sideways', async () => {
    for (const [name, shown, fragment] of VIEWS) {
      const { page } = await openFile(browser, fileWith(`${name}.html`, shown), fragment, {
        viewport: { width: 400, height: 800 },
      });
      await page.waitForTimeout(600);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect([name, over]).toEqual([name, 0]);
    }
  }, PATIENCE_MS);
});

described('a recording', () => {
  it('opens with its verdict, whose lines lead to the moments that they are about', async () => {
    const { page, problems, requests } = await openFile(browser, recording(), '', { bypassCSP: true });
    await page.locator('.sentence .hazard', { hasText: 'UNSAFE' }).waitFor();
    await page.locator('.curves canvas').first().waitFor();
    await page.evaluate(AXE);
    expect(await violations(page)).toEqual([]);
    await page.locator('.wide').getByRole('button', { name: '22', exact: true }).click();
    await page.locator('.step', { hasText: 'clone(' }).waitFor();
    expect({ problems, requests }).toEqual({ problems: [], requests: [] });
  }, PATIENCE_MS);
});

described('lanes side by side', () => {
  it('part at the step where compare says, and d leads there', async () => {
    const lanes = await resolveLanes('linux-5.7,linux-5.9-rc5,linux-5.9', await catalogueOf({}));
    const { partings } = compareScenario(parseScenario(ROW_1, 'row-1.cow'), lanes);
    const steps = partings.flatMap((parting) => (parting === null ? [] : [parting.step + 1])).sort((a, b) => a - b);
    const { page } = await openFile(browser, fileWith('pages.html', SCENARIO), '#at=0');
    await page.keyboard.press('d');
    expect(await place(page)).toBe(String(steps[0]));
    await page.keyboard.press('ArrowLeft');
    for (const lane of ['linux-5.9-rc5', 'linux-5.9'])
      await page.getByRole('region', { name: `lane ${lane}`, exact: true }).getByText('same pages').waitFor();
    await page.keyboard.press('End');
    await page.getByRole('region', { name: 'lane linux-5.9', exact: true }).getByText(/\d+ differ/).waitFor();
  }, PATIENCE_MS);
});

described('a race', () => {
  it('is asked in a worker, and a step that is moved gives the verdict that a replay of the checker gives',
    async () => {
      const race = parseRace(RACE, 'merged-5.9');
      const [lane] = await chooseRaceLanes('linux-5.9', race, { catalogue: await catalogueOf({}), policies: null,
        configFile: null });
      const { page, problems } = await openFile(browser, fileWith('race.html', raceDocument(null)));
      const command = page.locator('.swim p code');
      await page.locator('.answer .hazard', { hasText: 'broken' }).waitFor();
      // The first step of the other CPU goes before the last one of this: that order is asked again.
      const first = await page.locator('.swim li').evaluateAll((rows) =>
        rows.findIndex((row) => getComputedStyle(row.querySelector('button') as Element).gridColumnStart === '3')
      );
      const before = await command.innerText();
      await page.locator('.swim li').nth(first).locator('button').dragTo(page.locator('.swim li').nth(first - 1));
      await page.waitForFunction((old) => document.querySelector('.swim p code')?.textContent !== old, before);
      const [, schedule] = /--replay '(.*)'/.exec(await command.innerText()) ?? [];
      const replayed = replayRace(race, lane, 'sc', schedule);
      const said = await page.locator('.answer').innerText();
      expect(said.startsWith(replayed.broken.length > 0 ? 'still broken' : 'not broken')).toBe(true);
      for (const line of replayed.end) expect(said).toContain(line);
      expect(problems).toEqual([]);
    }, PATIENCE_MS);

  it('is drawn with every order at once, and the way that the trail takes through them', async () => {
    const race = parseRace(RACE, 'merged-5.9');
    const [lane] = await chooseRaceLanes('linux-5.9', race, { catalogue: await catalogueOf({}), policies: null,
      configFile: null });
    const graph = stateGraph(ask(race, lane.policy), 'sc', 100_000);
    if (graph === null) throw new Error('more states than thought');
    const map = stateMap(graph, 0, 1);
    const { page, problems } = await openFile(browser, fileWith('race.html', raceDocument(null)));
    const plane = page.locator('.every svg');
    await plane.waitFor();
    expect(await plane.locator('g.fate').count()).toBe(map.cells.length);
    expect(await plane.locator('rect.lost').count()).toBe(map.cells.filter(({ lost }) => lost > 0).length);
    expect(await page.locator('.every').innerText()).toContain(`${map.counts.broken} are lost`);
    const steps = await page.locator('.swim li').count();
    expect((await plane.locator('.way').getAttribute('points'))?.split(' ')).toHaveLength(steps + 1);
    expect(problems).toEqual([]);
  }, PATIENCE_MS);
});

/** Chromium's own editing keeps the style of what it replaces, as an attribute; the page's policy refuses that. */
const withoutEditing = (problems: readonly string[]): string[] =>
  problems.filter((problem) => !problem.startsWith('Applying inline style'));

described('what somebody writes', () => {
  const typed = async (page: Page, name: string, all: string): Promise<void> => {
    await page.getByRole('button', { name, exact: true }).click();
    await page.locator('.cm-content').click();
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText(all);
  };

  it('runs while it is written, and says the line of a mistake', async () => {
    const { page, problems } = await openFile(browser, PAGE, '#view=write');
    await typed(page, 'scenario', 'question x\nmmap 0 0 anon 3\nwrite 0 0 2 1\n');
    await page.locator('.step', { hasText: 'write 0 0 2 1' }).waitFor();
    await page.keyboard.insertText('frobnicate 1\n');
    await page.locator('.write .told', { hasText: 'written.cow:4' }).waitFor();
    await page.locator('.cm-lint-marker-error').waitFor();
    expect(withoutEditing(problems)).toEqual([]);
  }, PATIENCE_MS);

  it('may be a policy in TypeScript, which is a lane of its own', async () => {
    const { page, problems } = await openFile(browser, PAGE, '#view=write');
    await typed(page, 'policy',
      "import { definePolicy } from 'cowlab/policy';\nconst say = (a: number): 'copy' | undefined => "
        + "(a > 0 ? 'copy' : undefined);\nexport default definePolicy({ id: 'all-copies', summary: 'Copies all.', "
        + 'onForkPage: () => say(1) });\n');
    await page.getByRole('region', { name: 'lane all-copies' }).waitFor();
    expect(withoutEditing(problems)).toEqual([]);
  }, PATIENCE_MS);

  it('is ended when it does not end, and reaches no network', async () => {
    const { page, requests } = await openFile(browser, PAGE, '#view=write');
    await typed(page, 'policy',
      "import { definePolicy } from 'cowlab/policy';\nexport default definePolicy({ id: 'endless', "
        + "summary: 'Never answers.', onForkPage: () => { for (;;); } });\n");
    await page.locator('.write .told', { hasText: 'no answer within 5 s' }).waitFor();
    await typed(page, 'policy', "import { definePolicy } from 'cowlab/policy';\nvoid fetch('http://127.0.0.1:9/');\n"
      + "importScripts('http://127.0.0.1:9/a.js');\nexport default definePolicy({ id: 'b', summary: 'c' });\n");
    await page.locator('.write .told', { hasText: /importScripts|NetworkError|failed to load/i }).waitFor();
    expect(requests).toEqual([]);
  }, PATIENCE_MS);
});

/** A million pages and more: two processes and a device. */
const LARGE = 'question How large?\nmmap 0 0 anon 350000\npin 0 0 0 0 350000\nfork 0 1\nwrite 0 0 9 1\n';

described('a million pages', () => {
  it('are drawn, panned and zoomed; the figures are printed', async () => {
    const path = fileWith('large.html', { kind: 'scenario', name: 'large.cow', text: LARGE, lanes: 'linux-5.9-rc5' });
    const { page } = await openFile(browser, path);
    const figures = await page.evaluate(() => globalThis.cowlab?.figures());
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    expect(figures?.cells).toBeGreaterThan(1_000_000);
    // Far from what is wanted on a quiet machine: what fails here is a mistake, not a neighbour.
    expect(figures?.paintMs).toBeLessThan(2000);
    expect(figures?.framesPerSecond).toBeGreaterThan(2);
  }, PATIENCE_MS);
});

const SHOTS = fileURLToPath(new URL('../../../../docs/studio/', import.meta.url));

described('the pictures of docs/studio.md', () => {
  const update = process.env.COWLAB_DOCS === 'update' ? it : it.skip;
  update('are taken anew', async () => {
    mkdirSync(SHOTS, { recursive: true });
    const shots:
      readonly (readonly [string, StudioDocument | null, string, 'light' | 'dark', (page: Page) => Promise<void>])[] = [
        ['pages', SCENARIO, '#at=6&page=1.0.0x200000', 'light', async () => undefined],
        ['pages-dark', SCENARIO, '#at=6&page=1.0.0x200000', 'dark', async () => undefined],
        ['table', SCENARIO, '#at=6&view=table', 'light', async () => undefined],
        ['race', raceDocument(null), '', 'light', (page) => page.locator('.answer .hazard').waitFor()],
        ['write', SCENARIO, '#view=write', 'light', (page) => page.locator('.cm-content').waitFor()],
        ['story', null, '', 'light', async (page) => {
          await page.keyboard.press('g');
          for (let i = 0; i < 6; i++) await page.getByRole('button', { name: 'next', exact: true }).click();
        }],
      ];
    const verdict = await openFile(browser, recording(), '', { viewport: { width: 1280, height: 800 } });
    await verdict.page.locator('.curves canvas').first().waitFor();
    await verdict.page.screenshot({ path: join(SHOTS, 'verdict.png') });
    for (const [name, document, fragment, colorScheme, ready] of shots) {
      const { page } = await openFile(browser, fileWith(`${name}.html`, document), fragment, { colorScheme,
        viewport: { width: 1280, height: 800 } });
      await ready(page);
      await page.waitForTimeout(1500);
      await page.screenshot({ path: join(SHOTS, `${name}.png`) });
      await page.context().close();
    }
  }, PATIENCE_MS);
});
