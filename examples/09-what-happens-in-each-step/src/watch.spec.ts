import { describe, expect, it } from '@jest/globals';
import { watch } from './watch.ts';

describe('a live stream of two kernels', () => {
  it('says a line for each command as it happens, with a mark for each page copied until then', async () => {
    const lines: string[] = [];
    await watch('linux-5.9-rc5,linux-5.9', (line) => lines.push(line));
    const [rc5, fixed] = [lines.slice(1, lines.indexOf('linux-5.9')), lines.slice(lines.indexOf('linux-5.9') + 1)];
    const marks = (of: readonly string[]) => of.map((line) => line.replace(/[^#]/g, '').length);
    // A store to a page that is shared copies it; a second look at it, and the page of a child that is gone, copy none.
    expect(marks(rc5)).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3]);
    expect(marks(fixed)).toEqual([0, 0, 0, 0, 0, 0, 8, 8, 9, 10, 10, 10, 10]);
    expect(fixed[6]).toBe('  Fork     ########');
  });

  it('names a hazard at the command that brought it about, and once', async () => {
    const lines: string[] = [];
    await watch('linux-5.9-rc5,linux-5.9', (line) => lines.push(line));
    expect(lines.filter((line) => line.endsWith('H1'))).toEqual([lines[8]]);
    expect(lines[8]).toBe('  Store    #                H1');
  });
});
