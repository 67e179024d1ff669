/** What the files say of each kernel comes true. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compareScenario } from '@cowlab/experiments/compare';
import { readScenario } from '@cowlab/composition/node';
import { describe, expect, it } from '@jest/globals';
import { lanesOf } from './lanes.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const files = readdirSync(folder).filter((file) => file.endsWith('.cow')).sort().map((file) =>
  readScenario(`${folder}${file}`)
);

describe.each(files)('$title', (file) => {
  const kernels = [...new Set(file.expects.flatMap(({ lanes }) => lanes))];

  it('is said of the posted series and of the merged one', () => {
    expect(kernels).toEqual(expect.arrayContaining(['posted-v2', 'linux-5.9']));
  });

  it.each(kernels)('%s', async (kernel) => {
    const [{ expectations }] = compareScenario(file, await lanesOf(kernel)).lanes;
    expect(expectations.length).toBeGreaterThan(0);
    expect(expectations.filter(({ holds }) => !holds)).toEqual([]);
  });
});
