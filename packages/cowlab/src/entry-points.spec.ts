import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  exports: Record<string, Record<string, string>>;
};
const pageOf = (entry: string): string => exports[entry]['@cowlab/source'].slice('./src/'.length);
const namesOf = async (specifier: string): Promise<string[]> =>
  Object.keys(await import(specifier) as object).filter((name) => name !== 'default').sort();

describe('each entry point has', () => {
  it.each([
    ['.', ['main', 'EXIT', 'defineConfig']],
    ['./policy', ['definePolicy', 'asPlugin', 'HAZARDS', 'PluginError']],
    ['./lab', ['compose', 'createLab', 'ContainerModule', 'Services', 'resolveLanes', 'catalogueOf', 'Lab',
      'parseScenario', 'scenario', 'runScenario', 'formatLog', 'readLog', 'replay', 'TimeTravel', 'PinLedger',
      'findings', 'ofType', 'X86_64']],
    ['./experiment', ['compareScenario', 'compareTrace', 'runMatrix']],
    ['./check', ['check', 'checkRace', 'parseRace', 'replayRace', 'diagram', 'promela']],
    ['./files', ['openCatalogue', 'openWorkplace', 'readScenario', 'readRecording', 'readRace', 'readSituations']],
    ['./testing', ['policyContract', 'contractChecks', 'given', 'programs']],
  ])('%s: %j', async (entry, promised) => {
    expect(await namesOf(`./${pageOf(entry)}`)).toEqual(expect.arrayContaining(promised));
  });

  it('no other entry point is there, and each has a page', async () => {
    // `register` is imported for what it does and hands out no name.
    const pages = ['.', './policy', './lab', './experiment', './check', './files', './testing'];
    expect(Object.keys(exports)).toEqual([...pages, './register']);
    for (const entry of pages) expect((await namesOf(`./${pageOf(entry)}`)).length).toBeGreaterThan(2);
  });
});

/** Of two modules with one name, `export *` hands out neither and says nothing. */
it.each([
  ['check', ['@cowlab/checker', '@cowlab/experiments/check']],
  ['experiment', ['@cowlab/experiments/compare', '@cowlab/experiments/matrix', '@cowlab/experiments/sweep']],
  ['files', ['@cowlab/composition/node', '@cowlab/experiments/node']],
])('cowlab/%s loses no name of those it gathers', async (page, gathered) => {
  const names = (await Promise.all(gathered.map(namesOf))).flat();
  expect(await namesOf(`./${page}.ts`)).toEqual([...names].sort());
});
