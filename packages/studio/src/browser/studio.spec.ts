import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { StudioDocument } from '../document/document.ts';
import { pageWith } from '../document/embed.ts';
import { CellPainter } from '../model/cells.ts';
import { runText } from '../model/lane-run.ts';
import { layoutOf } from '../model/layout.ts';
import { eventsBehind } from '../model/place.ts';
import { launchBrowser, openFile, PAGE } from './chromium.ts';

const SITUATIONS = new URL('../../../../examples/situations/', import.meta.url);
const text = (name: string): string => readFileSync(new URL(name, SITUATIONS), 'utf8');
const ROW_1 = text('01-rw-pin-fork-parent-writes.cow');
const PATIENCE_MS = 60_000;

const browser: Browser | null = await launchBrowser();
const folder = mkdtempSync(join(tmpdir(), 'cowlab-studio-'));
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close();
}, PATIENCE_MS);
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
}, PATIENCE_MS);

function fileWith(name: string, document: StudioDocument | null): string {
  const path = join(folder, name);
  writeFileSync(path, pageWith(readFileSync(PAGE, 'utf8'), document));
  return path;
}

/** What the page draws, as it hands it out to whoever asks. */
interface Shown {
  readonly cells: readonly (readonly number[])[];
  readonly place: string;
}

const described = browser === null ? describe.skip : describe;

described('the page in a real browser, from a file and without a network', () => {
  let rowOne = '';
  beforeAll(() => {
    rowOne = fileWith('one.html', { kind: 'scenario', name: 'row-1.cow', text: ROW_1,
      lanes: 'linux-5.9-rc5,linux-5.9' });
  });

  it('shows at every step of every lane the state of the model, cell by cell', async () => {
    const { page, problems, requests } = await openFile(browser as Browser, rowOne);
    const session = await runText(ROW_1, 'row-1.cow', 'linux-5.9-rc5,linux-5.9');
    const layout = layoutOf(session.mapped);
    await page.keyboard.press('Home');
    for (let step = 0; step <= session.lanes[0].steps.length; step++) {
      await page.waitForFunction((at) => globalThis.cowlab?.shown().place === String(at), step);
      const shown = await page.evaluate<Shown>(() => globalThis.cowlab?.shown() as Shown);
      session.lanes.forEach((lane, i) => {
        const world = lane.machine.worldAfter(eventsBehind(lane, { step, event: null }));
        // What differs between lanes is marked in the topmost bit.
        expect(shown.cells[i].map((word) => (word & 0x7fffffff) >>> 0))
          .toEqual([...new CellPainter(layout).paint(world)].map((word) => (word & 0x7fffffff) >>> 0));
      });
      await page.keyboard.press('ArrowRight');
    }
    expect({ problems, requests }).toEqual({ problems: [], requests: [] });
  }, PATIENCE_MS);

  it('draws the same picture with WebGL and on a plain canvas, to the pixel', async () => {
    const { page } = await openFile(browser as Browser, rowOne);
    const pictures = await page.evaluate(() => globalThis.cowlab?.twins() ?? []);
    expect(pictures.length).toBeGreaterThan(20);
    for (const { zoom, theme, differing } of pictures)
      expect({ zoom, theme, differing }).toEqual({ zoom, theme, differing: 0 });
  }, PATIENCE_MS);

  it('is the same again behind a link that carries everything', async () => {
    const { page } = await openFile(browser as Browser, rowOne, '#at=5.1');
    await page.keyboard.press('s');
    const link = await page.getByRole('textbox', { name: 'link' }).inputValue();
    const before = await page.evaluate<Shown>(() => globalThis.cowlab?.shown() as Shown);
    const { page: other } = await openFile(browser as Browser, PAGE, link.slice(link.indexOf('#')));
    expect(await other.evaluate<Shown>(() => globalThis.cowlab?.shown() as Shown)).toEqual(before);
    expect(before.place).toBe('5.1');
  }, PATIENCE_MS);

  it('runs no script that a document brings along, wherever it is shown', async () => {
    const bad = '</script><img src=x onerror="document.title=1"><script>document.title=1</script>\u202e\u0007\u2028';
    const scenario =
      `question ${bad.replace(/[\u0007\u2028]/g, '')}\ntitle <b onclick=1>${'<script>document.title=1</script>'}\n`
      + 'mmap 0 0 anon 1\nwrite 0 0 0 1\n';
    const path = fileWith('bad.html', { kind: 'scenario', name: bad, text: scenario, lanes: null });
    const { page, problems, requests } = await openFile(browser as Browser, path);
    await page.keyboard.press('t');
    await page.keyboard.press('s');
    expect(await page.title()).toBe('cowlab studio');
    expect(await page.locator('#app img, #app script, #app b[onclick]').count()).toBe(0);
    // Whatever found its way in would be refused by the page's own policy.
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'document.title = "it ran"';
      document.body.append(script);
    });
    expect(await page.title()).toBe('cowlab studio');
    expect(problems.every((problem) => /Content Security Policy/.test(problem))).toBe(true);
    expect(problems.length).toBeGreaterThan(0);
    expect(requests).toEqual([]);
  }, PATIENCE_MS);
});
