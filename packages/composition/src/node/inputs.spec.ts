import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openCatalogue } from './node/open-catalogue.ts';
import { compareTrace } from './compare-trace.ts';
import { readRecording } from './read-recording.ts';
import { findInput, readScenario, readText } from './inputs.ts';
import { resolveLanes } from './lanes.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cowlab-inputs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: string | Uint8Array): void => {
  mkdirSync(join(folder, 'sub'), { recursive: true });
  writeFileSync(join(folder, name), content);
};
const FIXTURES = new URL('../../trace/fixtures/', import.meta.url).pathname;
const fixture = (name: string): Uint8Array => readFileSync(join(FIXTURES, name));

describe('what an argument stands for', () => {
  it('a file is a scenario', () => {
    write('a.cow', 'question x\nmmap 0 0 anon 1\n');
    const input = findInput('a.cow', folder);
    expect(input).toEqual({ kind: 'scenario', path: join(folder, 'a.cow') });
    expect(readScenario(join(folder, 'a.cow')).question).toBe('x');
  });

  it.each(['sub/run.strace.gz', 'sub/run', 'sub', './sub/'])('%s is a recording with the files beside it', (argument) => {
    write('sub/run.strace.gz', gzipSync(''));
    write('sub/run.faults', '');
    const input = findInput(argument, folder);
    expect(input).toMatchObject({ kind: 'recording', files: { strace: join(folder, 'sub/run.strace.gz'), faults: join(folder, 'sub/run.faults'), accesses: null } });
    expect(input.kind === 'recording' && input.files.name).toMatch(/^(\.\/)?sub\/run$/);
  });

  it.each([
    ['nothing', 'nothing: there is no such scenario or recording; give a .cow file, or a .strace file'],
    ['sub', 'sub: the folder holds no recording (*.strace); give a .strace file'],
  ])('%s is refused', (argument, message) => {
    mkdirSync(join(folder, 'sub'));
    expect(() => findInput(argument, folder)).toThrow(message);
  });

  it('a folder with several recordings asks which', () => {
    write('sub/a.strace', '');
    write('sub/b.strace.gz', '');
    expect(() => findInput('sub', folder)).toThrow('sub: the folder holds 2 recordings; give one of a.strace, b.strace.gz');
  });
});

it('a gzipped file is unzipped whatever its name, a broken one is refused in one line', () => {
  write('a.txt', gzipSync('hello'));
  expect(readText(join(folder, 'a.txt'))).toBe('hello');
  write('b.gz', gzipSync('hello, this is long enough to be cut').subarray(0, 20));
  expect(() => readText(join(folder, 'b.gz'))).toThrow(/^b\.gz: cannot be read \(.+\); check the path, or copy the file again$/);
  expect(() => readText(join(folder, 'c.txt'))).toThrow(/^c\.txt: cannot be read \(ENOENT.+\); check the path/);
});

describe('a recorded program under three kernels', () => {
  const compare = async (lanes: string): Promise<ReturnType<typeof compareTrace>> => {
    const input = findInput(join(FIXTURES, 'uring-fork'), '/');
    if (input.kind !== 'recording') throw new Error('the fixture is missing');
    return compareTrace(readRecording(input.files), await resolveLanes(lanes, await openCatalogue({ cwd: '/' })));
  };

  it('naive COW loses registered pages, MADV_DONTFORK leaves holes, early COW copies', async () => {
    const { lanes, registrations } = await compare('linux-5.7,ibv=linux-5.7+madv-dontfork:pins=true,linux-5.9');
    expect(registrations.map(({ nrPages }) => nrPages)).toEqual([3, 20, 16]);
    const losses = lanes.map(({ registered }) => registered.buffers.map(({ pages }) => pages.filter((page) => 'fate' in page && page.fate === 'loses').length));
    expect(losses[0][1]).toBeGreaterThan(0);
    // `safe` was marked DONTFORK by the program itself.
    expect(losses[0][2]).toBe(0);
    expect(losses.slice(1)).toEqual([[0, 0, 0], [0, 0, 0]]);
    expect(lanes.map(({ hazards }) => hazards.join())).toEqual(['H1', 'H2', '']);
    expect(lanes.map(({ costs }) => costs.pagesCopiedAtFork > 0)).toEqual([false, false, true]);
    expect(lanes[1].registered.holeAccesses.length).toBeGreaterThan(0);
  });

  it('the lane of the recorded program does everything that was recorded', async () => {
    const { lanes, partings } = await compare('linux-5.9,linux-5.12');
    expect(lanes.map(({ registered }) => registered.run.mismatches)).toEqual([[], []]);
    // No hugetlb page is in it, so the two are the same.
    expect(partings).toEqual([null]);
  });

  it('a torn recording is refused with its line', () => {
    write('torn.strace', Buffer.from(readText(join(FIXTURES, 'uring-fork.strace.gz'))).subarray(0, 1500));
    write('whole.strace.gz', fixture('uring-fork.strace.gz'));
    const input = findInput('torn', folder);
    expect(() => readRecording((input as Extract<typeof input, { kind: 'recording' }>).files)).toThrow(/^torn\.strace:\d+: the recording is torn: .+; let the recorder finish/);
  });
});
