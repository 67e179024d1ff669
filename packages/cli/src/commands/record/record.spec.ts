/** The recording itself needs a machine that can be asked; what is refused before that is refused everywhere. */
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { whyNotRecord } from '@cowlab/conformance';
import { main } from '../../cli.ts';

let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'cowlab-record-'));
  writeFileSync(join(cwd, 'mine.programs.txt'),
    'prog 7\nwatch 0 0\nmmap 0 0 anon 1\nwrite 0 0 0 5\nfork 0 1\nwrite 0 0 0 6\nend\n');
  symlinkSync('mine.programs.txt', join(cwd, 'link'));
  writeFileSync(join(cwd, 'old.jsonl'), 'old');
});
afterAll(() => rmSync(cwd, { recursive: true }));

async function cowlab(line: string): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const io = { stdout: { write: (text: string) => void (said.out += text) },
    stderr: { write: (text: string) => void (said.err += text) }, cwd, env: {} };
  return { code: await main(line.split(' '), io), ...said };
}

describe('cowlab record', () => {
  it.each([
    ['mine.programs.txt', '--out mine.programs.txt is the same file as mine.programs.txt, what is read; '
      + 'give it a name of its own'],
    ['link', '--out link is the same file as mine.programs.txt, what is read; give it a name of its own'],
    ['old.jsonl', '--out old.jsonl is there already; choose another name, or --force to overwrite it'],
    ['no/such/folder.jsonl', expect.stringContaining('--out no/such/folder.jsonl cannot be written (ENOENT')],
  ])('does not begin where it could not write, such as over what is read: --out %s', async (out, err) => {
    const said = await cowlab(`record mine.programs.txt --out ${out}`);
    expect({ ...said, err: said.err.replace(/^cowlab: (.*)\n$/, '$1') }).toEqual({ code: 2, out: '', err });
    expect(existsSync(join(cwd, 'no'))).toBe(false);
  });

  it('names programs that are not there', async () => {
    const { code, err } = await cowlab('record nowhere.programs.txt --out a.jsonl');
    expect(code).toBe(2);
    expect(err).toMatch(/^cowlab: nowhere\.programs\.txt: [^\n]+\n$/);
  });
});

const reason = whyNotRecord();
(reason === null ? describe : describe.skip)(`on this machine${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  it('writes what the kernel did, in a file that cowlab conform reads', async () => {
    const { code, out, err } = await cowlab('record mine.programs.txt --out mine.6.18.jsonl');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^mine\.6\.18\.jsonl: 1 programs on \d+\.\d+\S*\n(\(this kernel maps no zero page[^\n]*; the recording says so\)\n)?$/,
    );
    const [header, line] = readFileSync(join(cwd, 'mine.6.18.jsonl'), 'utf8').split('\n').map((
      text,
    ) => (text === '' ? null : (JSON.parse(text) as unknown)));
    expect(header).toMatchObject({ machine: 'x86_64', set: 'mine' });
    expect(line).toMatchObject({ prog: 7,
      obs: [{ ret: 0 }, { ret: 0 }, { ret: 1 }, { ret: 0,
        o: { 0: { 0: [[2, 6, 1, expect.any(String)]] }, 1: { 0: [[1, 5, 1, expect.any(String)]] } } }, { i: -1,
        f: { 0: { 0: [6] }, 1: { 0: [5] } } }] });
    expect(await cowlab('conform --golden . --kernel 6.18')).toMatchObject({ code: 0, err: '' });
  });
});
