/** From what fork() copies it follows whether a storm may tear: for each kind of memory, and wherever the pin lies. */
import { fileURLToPath } from 'node:url';
import { parseScenario } from '@cowlab/scenario';
import { describe, expect, it } from '@jest/globals';
import { openCatalogue } from '@cowlab/composition/node';
import { compose, resolveLanes } from '@cowlab/composition';
import { runScenario, type StormLook, stormLook } from '@cowlab/trial';

const catalogue = await openCatalogue({ cwd: fileURLToPath(new URL('.', import.meta.url)) });

async function storm(lane: string, ...steps: readonly string[]): Promise<StormLook> {
  const [lab] = compose(await resolveLanes(lane, catalogue));
  return stormLook(runScenario(parseScenario(['question q', ...steps].join('\n'), 'x'), lab));
}
const snapshots = async (
  ...steps: readonly string[]
): Promise<unknown[]> => [(await storm('linux-5.8', ...steps)).snapshot, (await storm('linux-5.11', ...steps)).snapshot,
  (await storm('linux-6.18', ...steps)).snapshot];

describe('under 5.8, 5.11 and 6.18 a storm', () => {
  it('over small pages may tear where fork() copies pinned ones', async () => {
    expect(await snapshots('mmap 0 0 anon 4', 'storm 0 0 0 4 1')).toEqual(['whole', 'whole', 'whole']);
    expect(await snapshots('mmap 0 0 anon 4', 'pin 0 0 0 3 1', 'storm 0 0 0 4 1')).toEqual(['whole', 'may-tear',
      'may-tear']);
    expect(await snapshots('mmap 0 0 anon 4', 'pin 0 0 0 0 4', 'storm 0 0 0 4 1')).toEqual(['whole', 'may-tear',
      'may-tear']);
    expect((await storm('linux-6.18', 'mmap 0 0 anon 4', 'pin 0 0 0 1 2', 'storm 0 0 0 4 1')).actual).toBe(
      'may-tear (fork() copies 2 of the 4 pages, each at a moment of its own)',
    );
  });

  it('is whole beside the pin, and on one page', async () => {
    expect(await snapshots('mmap 0 0 anon 4', 'pin 0 0 0 3 1', 'storm 0 0 0 3 1')).toEqual(['whole', 'whole', 'whole']);
    expect(await snapshots('mmap 0 0 anon 4', 'pin 0 0 0 3 1', 'storm 0 0 3 1 1')).toEqual(['whole', 'whole', 'whole']);
    expect(await snapshots('mmap 0 0 anon 4', 'pin 0 0 0 3 1', 'unpin 0', 'storm 0 0 0 4 1')).toEqual(['whole', 'whole',
      'whole']);
  });

  it('may tear beside the pin in the same THP, and in a hugetlb page from 5.12 on', async () => {
    expect(await snapshots('mmap 0 0 thp 512', 'write 0 0 0 1', 'pin 0 0 0 511 1', 'storm 0 0 0 2 1')).toEqual(['whole',
      'may-tear', 'may-tear']);
    expect(await snapshots('mmap 0 0 huge 512', 'write 0 0 0 1', 'pin 0 0 0 511 1', 'storm 0 0 0 2 1')).toEqual([
      'whole',
      'whole',
      'may-tear',
    ]);
  });

  it('leaves no process behind', async () => {
    const [lab] = compose(await resolveLanes('linux-6.18', catalogue));
    const { driver, steps } = runScenario(parseScenario('question q\nmmap 0 0 anon 2\nstorm 0 0 0 2 9\nfork 0 1', 'x'),
      lab);
    expect([...driver.processes]).toEqual([0, 1]);
    expect(steps.map(({ outcome }) => outcome.ok)).toEqual([true, true, true]);
  });

  it('that is refused says so', async () => {
    const steps = ['mmap 0 0 anon 2', 'mprotect 0 0 0 2 r', 'storm 0 0 0 2 1'];
    expect(await storm('linux-6.18', ...steps)).toEqual({ snapshot: null, actual: 'the storm was refused (SIGSEGV)' });
  });
});
