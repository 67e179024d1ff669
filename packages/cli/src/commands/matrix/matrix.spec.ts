import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { main } from '../../cli.ts';

let cwd = '';
beforeAll(() => void (cwd = mkdtempSync(join(tmpdir(), 'cowlab-matrix-'))));
afterAll(() => rmSync(cwd, { recursive: true }));

async function matrix(args: string): Promise<{ code: number; out: string; err: string }> {
  const text = { out: '', err: '' };
  const to = (name: 'out' | 'err') => ({ write: (piece: string) => void (text[name] += piece) });
  const code = await main(['matrix', ...args.split(' ').filter((word) => word !== '')], { stdout: to('out'),
    stderr: to('err'), cwd, env: {} });
  return { code, ...text };
}

/** Text for people: at most 75 columns, plain ASCII, nothing on stderr. */
async function tells(args: string, code = 0): Promise<string> {
  const { out, ...ran } = await matrix(args);
  expect(ran).toEqual({ code, err: '' });
  for (const line of out.split('\n')) expect(line).toMatch(/^[\x20-\x7e]{0,75}$/);
  return out;
}

async function refuses(args: string): Promise<string> {
  const { code, out, err } = await matrix(args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^cowlab: [^\n]+\n$/);
  return err.slice('cowlab: '.length, -1);
}

describe('matrix', () => {
  it('shows the rows and kernels that are asked for, and explains the letters that appear', async () => {
    expect(await tells('--rows 1-3,12 --kernels linux-5.7,linux-5.9-rc5,linux-5.9,linux-6.1')).toBe(
      `row  5.7  5.9-rc5  5.9 6.1
---  ---  -------  -------
1    DL   DL       CX2
2    C    D        CX2
3    C    D        CX2
12   L    -        -

C   coherent: the device (or pipe) and its owner see the same page
D   diverged: the device works on a page that its owner does not see
L   leak: a process sees what another stored to private memory
X2  two pages copied for the child during fork()
-   none of these

1   R/W pin, fork, the parent writes first
2   R/W pin, fork, the child writes first, then the parent
3   R/W pin, fork, the child exits, then the parent writes
12  vmsplice in the child, which unmaps; the parent writes: a small page

4 situations on 4 kernels: 16 cells are as documented, 0 are not, 0 are
documented nowhere.
`,
    );
  });

  it('exits 1 when a cell changes of which nothing is documented', async () => {
    const out = await tells('--rows 30c --kernels linux-5.9=linux-6.1', 1);
    expect(out).toMatch(/^30c +CX1\*$/m);
    expect(out).toContain('row 30c on linux-5.9  CX1, written down as C\n');
    expect(out.replaceAll('\n', ' ')).toContain('1 is documented nowhere; 1 cell has changed.');
  });

  it('takes any name of a kernel, and says on stderr what is uncertain about it', async () => {
    const { code, out, err } = await matrix('--rows 1,27 --kernels 5.10.223,6.8.0-45-generic');
    expect(code).toBe(0);
    expect(out).toMatch(/^row +5\.10\.223 +6\.8\.0-45-generic$/m);
    expect(err).toMatch(/^cowlab: 6\.8\.0-45-generic: of Ubuntu: [^\n]+\n$/);
  });

  it('exits 1 and tells what differs when a kernel does not do what is documented of it', async () => {
    const out = await tells('--rows 1,3 --kernels linux-5.9=linux-5.9-rc5', 1);
    expect(out).toMatch(/^1 +DL!$/m);
    expect(out).toContain('!   not as documented, see below');
    expect(out).toContain(
      'row 3 on linux-5.9  D, documented as C X: C there, D here; some copied\n    there, 0 copied here',
    );
    expect(out).toContain('0 cells are as documented, 2 are not');
  });

  it('marks a race that no order of whole steps shows', async () => {
    const out = await tells('--rows 27 --kernels linux-5.10.4,linux-5.11');
    expect(out).toMatch(/^27 +D +C~$/m);
    expect(out).toMatch(/^~ {3}documented as D when reclaim overtakes a pin/m);
  });

  it('prints lanes that do not fit side by side below each other', async () => {
    const lanes = Array.from({ length: 9 }, (_, at) => `a-kernel-of-mine-${at}=linux-5.${at % 2 === 0 ? '7' : '9'}`)
      .join(',');
    const out = await tells(`--rows 1 --kernels ${lanes}`);
    expect(out.match(/^row/gm)?.length).toBe(3);
    expect(out.match(/DL|CX2/g)?.length).toBe(9);
  });

  it('--json has every cell in full', async () => {
    const { code, out } = await matrix('--rows 18 --kernels linux-5.11,linux-5.12 --json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      kind: 'matrix',
      figures: { agree: 2, differ: 0, undocumented: 0 },
      nrRuns: 2,
      situations: [{ id: '18', file: '18-hugetlb-pinned-pool-empty.cow' }],
      kernels: [{ name: 'linux-5.11', generation: 'G4' }, { name: 'linux-5.12', generation: 'G5a' }],
      cells: [
        { profile: 'linux-5.11', letters: 'CB', document: 'ok', agrees: true, findings: [] },
        { profile: 'linux-5.12', letters: 'FC', document: 'fails', agrees: true, outcome: { forkFailed: 'ENOMEM' },
          findings: [{ hazard: 'H7', line: 12 }, { hazard: 'H8', line: 12 }] },
      ],
    });
  });

  it('runs the situations of another folder', async () => {
    mkdirSync(join(cwd, 'mine'));
    writeFileSync(join(cwd, 'mine', '41-mine.cow'), 'question Why?\nmmap 0 0 anon 1\npin 0 0 0 0 1\nfork 0 1\n');
    const out = await tells('--situations mine --kernels linux-5.8,linux-5.9');
    expect(out).toMatch(/^41 +C +CX1$/m);
    expect(out).toContain('2 are\ndocumented nowhere.');
  });

  it('refuses what it cannot read, in one line with its mend', async () => {
    expect(await refuses('--rows 99')).toBe(
      "rows '99': '99' is no row; rows are 1 to 30: write 7, 1-6 or 22b, joined by commas",
    );
    expect(await refuses('--kernels linux-9.9')).toMatch(
      /^lanes 'linux-9\.9', column 1: there is no policy or profile 'linux-9\.9'; /,
    );
    expect(await refuses('--situations nowhere')).toMatch(
      /^nowhere: the situations cannot be read \(.*\); give the folder of the situations: --situations DIR/,
    );
    expect(await refuses('extra')).toMatch(/too many arguments.*; see cowlab --help$/);
  });

  it('--help has an example', async () => {
    const out = await tells('--help');
    expect(out).toContain('$ cowlab matrix --rows 1-3,13 --kernels linux-5.9-rc5,linux-5.9,linux-6.1');
  });
});
