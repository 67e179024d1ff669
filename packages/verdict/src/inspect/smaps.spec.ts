import { describe, expect, it } from '@jest/globals';
import { inspect, parseSmaps } from './smaps.ts';

const mapping = (head: string, fields: Readonly<Record<string, number>>, flags: string): string =>
  [head, ...Object.entries(fields).map(([key, kib]) => `${key}: ${kib} kB`), `VmFlags: ${flags}`].join('\n');
const SMAPS = `${
  [
    mapping('7f0000000000-7f0000010000 rw-p 00000000 00:00 0 ', { Rss: 64, Anonymous: 64, AnonHugePages: 0 },
      'rd wr mr mw me ac'),
    mapping('7f0000010000-7f0000020000 rw-p 00000000 00:00 0 [heap]', { Rss: 64, Anonymous: 64 },
      'rd wr mr mw me dc ac'),
    mapping('7f0000020000-7f0000030000 rw-s 00000000 00:01 9 /memfd:x (deleted)', { Rss: 64, Anonymous: 0 },
      'rd wr sh mr mw me ms'),
  ].join('\n')
}\n`;
const status = (pinned: number, threads: number): string => `Name: x\nVmPin:\t${pinned} kB\nThreads:\t${threads}\n`;

describe('what fork() would find in a process', () => {
  it('is read with the flags that decide', () => {
    expect(parseSmaps(SMAPS)).toMatchObject([{ start: 0x7f0000000000, shared: false, anonymous: 64 }, { name: '[heap]',
      flags: expect.arrayContaining(['dc']) }, { shared: true }]);
  });
  it('shares private memory, but not what is left out or shared already', () => {
    expect(inspect(SMAPS, status(0, 1), { mapCount: 65530 })).toMatchObject({ mappings: 3, copied: 64, dontfork: 64,
      dontforkRanges: 1, pinned: 0,
      sentence: expect.stringMatching(/share 64 KiB .* nothing is accounted as pinned/) });
  });
  it('copies pinned pages at once on kernels since 5.9, which takes longer', () => {
    const { forkMicros, forkMicrosPinned, sentence, notes } = inspect(SMAPS, status(64, 3), { mapCount: 3 });
    expect(forkMicrosPinned[0]).toBeGreaterThan(forkMicros[0]);
    expect(sentence).toMatch(/64 KiB are pinned/);
    expect(notes.join('\n')).toMatch(/H3: 3 mappings of at most 3[^]*H5: 3 threads/);
  });
});
