/** What became of one test, whatever format it is told in. */

/** `xfail`: it failed, as was foretold. One that holds although it was foretold to fail is a `fail`. */
export type Outcome = 'pass' | 'fail' | 'skip' | 'xfail';

export interface TestResult {
  readonly name: string;
  readonly outcome: Outcome;
  /** Of `skip` what is missing, of `xfail` the known defect. */
  readonly why?: string;
  /** What one must know to look at it oneself; a line each. */
  readonly notes?: readonly string[];
  /** What it consists of, where that is told apart. */
  readonly tests?: readonly TestResult[];
}

export interface TestSuite {
  readonly name: string;
  /** What the results were found on: kernel, profile, ... */
  readonly facts: Readonly<Record<string, string>>;
  readonly results: readonly TestResult[];
}

/** How many of each; every outcome is named. */
export function tally(results: readonly TestResult[]): Readonly<Record<Outcome, number>> {
  const nr = { pass: 0, fail: 0, xfail: 0, skip: 0 };
  for (const { outcome } of results) nr[outcome]++;
  return nr;
}

/** One result for what consists of several: it fails when one of them does, and is skipped when all of them are. */
export function joined(name: string, tests: readonly TestResult[]): TestResult {
  const { pass, fail, xfail, skip } = tally(tests);
  if (fail > 0) return { name, outcome: 'fail', tests };
  return pass + xfail > 0 || skip === 0
    ? { name, outcome: 'pass', tests }
    : { name, outcome: 'skip', why: tests[0].why ?? '', tests };
}
