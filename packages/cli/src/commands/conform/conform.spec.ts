import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { main } from '../../cli.ts';

const GOLDEN = fileURLToPath(new URL('../../../../oracle/fixtures/golden/', import.meta.url));
const unzipped = (name: string): string => gunzipSync(readFileSync(join(GOLDEN, `${name}.gz`))).toString('latin1');
let cwd = '';

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-conform-'));
});
beforeEach(() => {
  rmSync(cwd, { recursive: true });
  mkdirSync(join(cwd, 'golden'), { recursive: true });
});
afterAll(() => rmSync(cwd, { recursive: true }));

/** A file of the folder `golden`; by default the recorded one, unzipped. */
function put(name: string, text = unzipped(name)): void {
  writeFileSync(join(cwd, 'golden', name), text);
}

/** The same recording, said to be of another kernel. */
const of = (kernel: string, text: string): string => text.replace(/"kernel": "[^"]*"/, `"kernel": "${kernel}"`);

async function conform(args = '', isTTY = false): Promise<{ code: number; out: string; err: string }> {
  const text = { out: '', err: '' };
  const to = (name: 'out' | 'err') => ({ write: (piece: string) => void (text[name] += piece), isTTY });
  const code = await main(['conform', '--golden', 'golden', ...args.split(' ').filter((word) => word !== '')], {
    stdout: to('out'),
    stderr: to('err'),
    cwd,
    env: {},
  });
  return { code, ...text };
}

const refusal = async (args = ''): Promise<string> => {
  const { code, out, err } = await conform(args);
  expect({ code, out, lines: err.split('\n').length }).toEqual({ code: 2, out: '', lines: 2 });
  return err;
};

describe('cowlab conform', () => {
  it('says of every set and kernel that is there whether the model does the same', async () => {
    copyFileSync(join(GOLDEN, 'directed.programs.txt.gz'), join(cwd, 'golden/directed.programs.txt.gz'));
    copyFileSync(join(GOLDEN, 'directed.6.12.jsonl.gz'), join(cwd, 'golden/directed.6.12.jsonl.gz'));
    put('directed.5.10.jsonl');
    expect(await conform()).toEqual({
      code: 0,
      err: '',
      out: `set       kernel  profile     programs  recorded  same  diverge
--------  ------  ----------  --------  --------  ----  -------
directed  5.10    linux-5.10       160       160   160        0
directed  6.12    linux-6.12       160       160   160        0

No divergence in 320 program runs.
`,
    });
  });

  it('names program, step, process and page of one changed value, and nothing else', async () => {
    put('my.set.programs.txt', unzipped('directed.programs.txt'));
    put('my.set.5.10.jsonl',
      unzipped('directed.5.10.jsonl').replace('"directed"', '"my.set"').replace('"1":{"0":[[1,3,1,',
        '"1":{"0":[[1,4,1,'));
    const { code, out, err } = await conform();
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toContain(`my.set  5.10    linux-5.10       160       160   159        1

my.set on 5.10 (linux-5.10): value of anon memory after write: 1 program
  program 20000, step 4 (write 1 0 0 3), P1 region 0 page 0
    kernel: reads 4
    model:  reads 3

1 program run diverges of 160.
`);
    for (const line of out.split('\n')) expect(line).toMatch(/^[\x20-\x7e]{0,75}$/);
    expect(JSON.parse((await conform('--json')).out)).toMatchObject({ kind: 'conform',
      results: [{ set: 'my.set', kernel: '5.10', nrSame: 159,
        divergences: [{ program: '20000', step: 4, process: 1, region: 0, page: 0, kernelSaw: 4, modelSaw: 3 }],
        reporting: [] }] });
  });

  it('tells of differences in reporting alone, which are no divergence', async () => {
    put('directed.programs.txt');
    put('directed.5.10.jsonl', unzipped('directed.5.10.jsonl').replace('"xsA"', '"sA"'));
    const { code, out } = await conform();
    expect(code).toBe(0);
    expect(out).toContain(
      'directed on 5.10: differences in reporting alone, no divergence: 1 program\n  program 20000, step 1 '
        + '(write 0 0 0 1), P0 region 0 page 0\n    kernel: no flags\n    model:  flags x\n',
    );
  });

  it('groups a whole wrong kernel by cause and stays within the page', async () => {
    put('directed.programs.txt');
    put('directed.6.12.jsonl', of('6.12.0', unzipped('directed.5.10.jsonl')));
    const { code, out } = await conform();
    expect(code).toBe(1);
    expect(out).toMatch(/\ndirected on 6\.12 \(linux-6\.12\): \w+ of \w+ memory after \w+: \d+ programs\n/);
    for (const line of out.split('\n')) expect(line).toMatch(/^[\x20-\x7e]{0,75}$/);
  });

  it('emits what the model saw, which conforms to itself', async () => {
    put('directed.programs.txt');
    expect((await conform('--kernel 6.12,6.13 --emit out/deep')).out).toContain(
      'written to out/deep: 2 files\nNothing was compared: there is no recording.\n',
    );
    expect(readdirSync(join(cwd, 'out/deep'))).toEqual(['directed.6.12.jsonl', 'directed.6.13.jsonl']);
    const emitted = readFileSync(join(cwd, 'out/deep/directed.6.12.jsonl'), 'latin1');
    expect(emitted.split('\n')[0]).toBe('{"kernel":"linux-6.12","machine":"cowlab","set":"directed","programs":160}');
    put('directed.6.12.jsonl', emitted);
    expect(await conform()).toMatchObject({ code: 0, err: '' });
  });

  it('runs only the sets and kernels that are asked for', async () => {
    for (const set of ['directed', 'other']) put(`${set}.programs.txt`, unzipped('directed.programs.txt'));
    for (const name of ['directed.5.10', 'other.5.10', 'other.6.1'])
      put(`${name}.jsonl`,
        unzipped(name.replace('other', 'directed') + '.jsonl').replace('"directed"', `"${name.split('.')[0]}"`));
    const rows = async (args: string): Promise<string[]> =>
      (await conform(args)).out.split('\n').filter((line) => line.includes('linux-')).map((line) =>
        line.split(/ +/).slice(0, 2).join(' ')
      );
    expect(await rows('')).toEqual(['directed 5.10', 'other 5.10', 'other 6.1']);
    expect(await rows('--set other')).toEqual(['other 5.10', 'other 6.1']);
    expect(await rows('--kernel 6.1')).toEqual(['other 6.1']);
    expect(await rows('--set directed,other --kernel 5.10')).toEqual(['directed 5.10', 'other 5.10']);
  });

  it('shows progress to who watches', async () => {
    put('directed.programs.txt');
    put('directed.5.10.jsonl');
    expect((await conform('', true)).err).toContain('directed on 5.10: 50 of 160 programs ...');
  });

  it('answers --help with an example', async () => {
    const { code, out } = await conform('--help');
    expect(code).toBe(0);
    expect(out).toMatch(/Example:\n {2}\$ cowlab conform --golden examples\/golden --set directed --kernel 6\.12\n/);
    for (const line of out.split('\n')) expect(line).toMatch(/^[\x20-\x7e]{0,75}$/);
  });
});

describe('recordings that are not what they are called', () => {
  const first = (nr: number, text: string): string => `${text.split('\n').slice(0, nr).join('\n')}\n`;

  it('are refused when they were cut at the end of a line', async () => {
    put('directed.programs.txt');
    put('directed.6.12.jsonl', first(41, unzipped('directed.6.12.jsonl')));
    expect(await refusal()).toBe(
      'cowlab: directed.6.12.jsonl:41: it ends with 40 of 160 programs: 20040 is missing; copy '
        + 'the recording again, or tell in its header how many it has: "programs": 40\n',
    );
    put('directed.6.12.jsonl', first(41, unzipped('directed.6.12.jsonl')).replace('}', ', "programs": 160}'));
    expect(await refusal()).toBe('cowlab: directed.6.12.jsonl:41: it ends with 40 of the 160 programs that its header '
      + 'tells of; copy the recording again\n');
    put('directed.6.12.jsonl', first(41, unzipped('directed.6.12.jsonl')).replace('}', ', "programs": 40}'));
    expect((await conform()).code).toBe(0);
  });

  it.each([
    ['"kernel": "5.10.0-20-amd64"', /"kernel": "[^"]*"/, 'its header is of kernel 5.10.0-20-amd64, its name of 6.12'],
    ['"set": "random"', /"set": "[^"]*"/, "its header is of the set 'random', its name of 'directed'"],
    ['"machine": "aarch64"', /"machine": "[^"]*"/, "it is of a machine 'aarch64', and the model of x86_64"],
  ])('are refused when the header says %s', async (header, field, wrong) => {
    put('directed.programs.txt');
    put('directed.6.12.jsonl', unzipped('directed.6.12.jsonl').replace(field, header));
    expect(await refusal()).toBe(
      `cowlab: directed.6.12.jsonl:1: ${wrong}; name the file SET.KERNEL.jsonl as its header has them, or copy it again\n`,
    );
  });

  it('are refused when SHA256SUMS says otherwise, and taken when it agrees', async () => {
    for (const name of ['directed.programs.txt.gz', 'directed.6.12.jsonl.gz', 'SHA256SUMS'])
      copyFileSync(join(GOLDEN, name), join(cwd, 'golden', name));
    expect((await conform()).code).toBe(0);
    copyFileSync(join(GOLDEN, 'directed.5.10.jsonl.gz'), join(cwd, 'golden/directed.6.12.jsonl.gz'));
    expect(await refusal()).toMatch(
      /^cowlab: directed\.6\.12\.jsonl\.gz:1: is not what SHA256SUMS says of it \(\w{12} is not \w{12}\); copy it again, or/,
    );
    put('SHA256SUMS', 'nonsense\n');
    expect(await refusal()).toMatch(/^cowlab: SHA256SUMS:1: is no line of sha256sum; /);
    put('SHA256SUMS', '\n');
    expect(await refusal()).toMatch(/^cowlab: directed\.programs\.txt\.gz:1: is not in SHA256SUMS; /);
  });
});

describe('bad input is one line that names the mend', () => {
  it('a folder that is not there, or holds nothing of the kind', async () => {
    expect(await refusal()).toBe(
      'cowlab: golden holds no SET.programs.txt or SET.programs.txt.gz; give the folder of the recordings\n',
    );
    rmSync(join(cwd, 'golden'), { recursive: true });
    expect(await refusal()).toMatch(
      /^cowlab: --golden golden cannot be read \(ENOENT.*\); give the folder of the recordings\n$/,
    );
  });

  it('programs without a recording, a kernel or set that is not there, a file twice, --emit into the recordings', async () => {
    put('directed.programs.txt');
    expect(await refusal()).toBe(
      'cowlab: golden holds no recording (SET.KERNEL.jsonl or .jsonl.gz); give the folder of the recordings\n',
    );
    put('directed.5.10.jsonl');
    expect(await refusal('--kernel 6.2')).toBe(
      'cowlab: --kernel 6.2 is not recorded; give some of 5.10, or --emit too\n',
    );
    expect(await refusal('--set random')).toBe('cowlab: --set random: golden holds directed; give some of these\n');
    expect(await refusal('--emit golden')).toBe(
      'cowlab: --emit and --golden name the same folder; give --emit another one\n',
    );
    put('directed.programs.txt.gz', '');
    expect(await refusal()).toBe(
      'cowlab: golden holds directed.programs.txt and directed.programs.txt.gz; remove one of them\n',
    );
  });

  it('a torn recording, and torn programs, by file and line', async () => {
    put('directed.programs.txt');
    put('directed.5.10.jsonl', unzipped('directed.5.10.jsonl').slice(0, 2000));
    expect(await refusal()).toMatch(
      /^cowlab: directed\.5\.10\.jsonl:\d+: not JSON \(.*\); copy the recording again, or mend that line\n$/,
    );
    put('directed.programs.txt', 'prog 1\nwatch 0 0\nwrit 0 0 0 1\nend\n');
    expect(await refusal()).toMatch(
      /^cowlab: directed\.programs\.txt:3:1: unknown word "writ"; did you mean "write"\?\n$/,
    );
  });
});
