import { expect, it } from '@jest/globals';
import { parseScenario } from '@cowlab/scenario';
import { chooseLanes, knowExpectedLanes } from './default-lanes.ts';
import { openCatalogue } from './node/open-catalogue.ts';

const scenario = (...lines: readonly string[]): ReturnType<typeof parseScenario> =>
  parseScenario(['question q', 'mmap 0 0 anon 1', 'write 0 0 0 1', ...lines, ''].join('\n'), 'a.cow');
const chosen = async (flag: string | undefined, ...lines: readonly string[]): Promise<readonly string[]> => {
  const catalogue = await openCatalogue({ cwd: '/' });
  return (await chooseLanes(flag, scenario(...lines), { catalogue, policies: null, configFile: null })).map((
    { name },
  ) => name);
};

it('lanes are those of the flag, else those that are expected, else the breakage', async () => {
  const expected = 'expect linux-6.1,naive-cow value 0 0 0 1';
  expect(await chosen('linux-5.9', expected)).toEqual(['linux-5.9']);
  expect(await chosen(undefined, expected)).toEqual(['linux-6.1', 'naive-cow']);
  expect(await chosen(undefined, 'expect * value 0 0 0 1')).toEqual(['linux-5.7', 'linux-5.9-rc5', 'linux-5.9']);
});

it.each([
  [undefined, 'expect linux-9.9 value 0 0 0 1'],
  ['linux-6.1', 'expect linux-9.9 value 0 0 0 1'],
  ['linux-6.1', 'xfail linux-9.9 because'],
  ['linux-6.1', 'expect linux-6.1,linux-9.9 value 0 0 0 1'],
])('with --policies %s, a lane that nobody knows would hold for ever and is refused: %s', async (flag, line) => {
  const lines = line.startsWith('xfail') ? [line, 'expect * value 0 0 0 1'] : [line];
  await expect(chosen(flag, ...lines)).rejects.toThrow(
    /^a\.cow:4: there is no policy or profile 'linux-9\.9'; did you/,
  );
});

it('a lane may be known by the label that the command line gives it', async () => {
  expect(await chosen('mine=linux-6.1', 'expect mine value 0 0 0 1')).toEqual(['mine']);
  await knowExpectedLanes(scenario('expect mine value 0 0 0 1'), ['mine'], await openCatalogue({ cwd: '/' }));
});

it('no expectation loads code', async () => {
  await expect(chosen('linux-6.1', 'expect code.mjs value 0 0 0 1')).rejects.toThrow(
    "a.cow:4: 'code.mjs' is a file of code, and a file of data runs none",
  );
});
