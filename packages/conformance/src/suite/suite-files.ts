/** Suites that come with the package: folders of `.cow` files, so that whoever installs cowlab has them too. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Scenario } from '@cowlab/scenario';
import { didYouMean } from '@cowlab/prose';
import { CompositionError } from '@cowlab/composition';
import { readScenario } from '@cowlab/composition/node';

export interface SuiteFile {
  /** Name of the file without its ending. */
  readonly id: string;
  readonly path: string;
  readonly scenario: Scenario;
}

/** From src/ and from dist/ alike. */
const SUITES = fileURLToPath(new URL('../../suites/', import.meta.url));

export function suiteNames(): string[] {
  return readdirSync(SUITES, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name)
    .sort();
}

export function suiteFolder(name: string): string {
  return join(SUITES, name);
}

/**
 * In the order of their names.
 * @throws CompositionError or ScenarioError
 */
export function readSuite(name: string): SuiteFile[] {
  const names = suiteNames();
  if (!names.includes(name))
    throw new CompositionError(`suite '${name}'`, 'there is no such suite', didYouMean(name, names));
  const ids = readdirSync(suiteFolder(name)).flatMap((
    file,
  ) => (file.endsWith('.cow') ? [file.slice(0, -'.cow'.length)] : [])).sort();
  return ids.map((id) => {
    const path = join(suiteFolder(name), `${id}.cow`);
    return { id, path, scenario: readScenario(path, `${id}.cow`) };
  });
}
