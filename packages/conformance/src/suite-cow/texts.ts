/**
 * The suite `cow`, made from its tables: every case on every kind of memory that the kernel's selftests cow.c and
 * gup_longterm.c have and the language can say. What is made lies in suites/cow, where people and other tools read it.
 */
import { scenario, type ScenarioBuilder } from '@cowlab/scenario';
import { ANON_CASES, type AnonCaseId } from './anon-cases.ts';
import { ANON_DEFECTS, type Defect } from './defects.ts';
import { ANON, type Memory, R } from './memory.ts';
import { OTHER_CASES, type Written } from './other-cases.ts';

const HEAD = '# Made from packages/conformance/src/suite-cow, do not edit: COWLAB_DOCS=update npm test -- suite-cow\n';

/** File name → text. */
export function cowSuiteTexts(): ReadonlyMap<string, string> {
  const anon = (Object.keys(ANON_CASES) as AnonCaseId[]).flatMap((id) =>
    ANON.map((memory) => anonScenario(id, memory))
  );
  return new Map(
    [...anon, ...OTHER_CASES].map((
      { id, scenario: said, defects },
    ) => [`${id}.cow`, HEAD + withDefects(said, defects).text()]),
  );
}

function anonScenario(id: AnonCaseId, memory: Memory): Written {
  const { title, question, does, holds } = ANON_CASES[id];
  const begun = memory.setUp(scenario(question).title(`${title}: ${memory.title}`).watch(R, ...memory.pages));
  return { id: `${id}-${memory.id}`, defects: ANON_DEFECTS[id][memory.entries],
    scenario: does(begun, memory).expect('*', (a) => holds(a, memory)) };
}

function withDefects(said: ScenarioBuilder, defects: readonly Defect[]): ScenarioBuilder {
  return defects.reduce((now, { lanes, why }) => now.xfail(lanes, why), said);
}
