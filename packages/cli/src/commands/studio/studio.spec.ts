import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readLog } from '@cowlab/runtime';
import { cellOf, CellPainter, layoutOf, openLogs } from '@cowlab/studio';
import { main } from '../../cli.ts';

const PATIENCE_MS = 60_000;
let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-studio-cli-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

async function cowlab(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const text = { out: '', err: '' };
  const to = (name: 'out' | 'err') => ({ write: (piece: string) => void (text[name] += piece) });
  const code = await main(args, { stdout: to('out'), stderr: to('err'), cwd, env: { HOME: cwd } });
  return { code, ...text };
}

/** What lies in a page that was written. */
const shownIn = (file: string): unknown =>
  JSON.parse(/id="cowlab-document">(.*?)<\/script>/.exec(readFileSync(join(cwd, file), 'utf8'))?.[1] ?? 'null');

interface Replayed {
  readonly world: { readonly hash: string;
    readonly pins: readonly { readonly mm: number; readonly vpn: number;
      readonly pages: readonly { readonly pfn: number; readonly ownerPfn: number }[] }[] };
}

describe('cowlab studio', () => {
  it('shows at every command the world that cowlab replay prints, and its pins frame by frame', async () => {
    await cowlab('run', 'examples/rdma.cow', '--log', 'rdma.log', '--policy', 'linux-5.9-rc5');
    const { lanes: [lane], mapped } = openLogs([readLog(readFileSync(join(cwd, 'rdma.log'), 'utf8'), 'rdma.log')]);
    const layout = layoutOf(mapped);
    const painter = new CellPainter(layout);
    for (let to = 0; to <= lane.machine.log.length; to++) {
      const { world } = JSON.parse((await cowlab('replay', 'rdma.log', '--to', String(to), '--json')).out) as Replayed;
      const here = lane.machine.worldAfter(lane.machine.before[to]);
      expect([to, here.hash()]).toEqual([to, world.hash]);
      const cells = painter.paint(here);
      const frame = (mm: number, vpn: number): number => (cells[cellOf(layout, { mm, vpn }) * 2] || 0) - 1;
      for (const { mm, vpn, pages } of world.pins) {
        pages.forEach(({ pfn, ownerPfn }, i) =>
          expect([frame(-1, vpn + i), frame(mm, vpn + i)]).toEqual([pfn, ownerPfn])
        );
      }
    }
  }, PATIENCE_MS);

  it('writes one page with a scenario, logs, a race or a recording in it', async () => {
    for (const [file, what, kind] of [['a.html', ['examples/rdma.cow'], 'scenario'], ['b.html', ['rdma.log'], 'log'], [
      'c.html',
      ['merged-5.9'],
      'race',
    ], ['d.html', ['examples/recordings/uring-fork'], 'recording']] as const) {
      const { code, err } = await cowlab('studio', ...what, '--out', file);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(shownIn(file)).toMatchObject({ kind });
    }
    expect(await cowlab('studio', '--out', 'a.html')).toMatchObject({ code: 2, err: expect.stringMatching(/--force/) });
  }, PATIENCE_MS);

  it('runs a policy of somebody here, and shows what came of it: the page runs no code of files', async () => {
    writeFileSync(join(cwd, 'mine.mjs'),
      "export default { id: 'mine', summary: 'Copies all.', onForkPage: () => 'copy' };\n");
    const { code } = await cowlab('studio', 'examples/rdma.cow', '--policies', 'linux-5.7,./mine.mjs', '--out',
      'e.html');
    expect(code).toBe(0);
    expect(shownIn('e.html')).toMatchObject({ kind: 'log', logs: [{ name: 'linux-5.7' }, { name: 'mine' }] });
  }, PATIENCE_MS);

  it.each([[['nonsense'], /no such scenario or recording/], [['examples/rdma.cow', 'more'], /one too many/], [[
    'examples/rdma.cow',
    '--port',
    '70000',
    '--out',
    'x.html',
  ], /no port/], [['examples/rdma.cow', '--replay', 'A1', '--out', 'x.html'], /--replay is for races/], [[
    'examples/rdma.cow',
    '--policies',
    'linux-5.7,linux-5.8,linux-5.9,linux-5.10,linux-5.11',
    '--out',
    'x.html',
  ], /5 lanes are too many/]])('says in one line what is wrong: %j', async (args, what) => {
    const { code, out, err } = await cowlab('studio', ...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^cowlab: [^\n]+\n$/);
    expect(err).toMatch(what);
  }, PATIENCE_MS);
});
