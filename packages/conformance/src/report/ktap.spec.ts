import { describe, expect, it } from '@jest/globals';
import { junit } from './junit.ts';
import { ktapSuite, ktapSuites } from './ktap.ts';
import { joined, tally, type TestResult, type TestSuite } from './test-result.ts';

const RESULTS: readonly TestResult[] = [
  { name: 'a.cow', outcome: 'pass' },
  { name: 'b.cow # not a directive', outcome: 'fail',
    notes: ['step 3: write 0 0 0 2', '  kernel: reads 2', `  model:  reads 1 ${'and so on '.repeat(8).trim()}`] },
  { name: 'c.cow', outcome: 'skip', why: 'swapout: there is no swap' },
  { name: 'd.cow', outcome: 'xfail', why: 'vmsplice leaks', notes: ['line 9: expect * no-leak, but leak'] },
];
const SUITE: TestSuite = { name: 'live', facts: { kernel: '6.18.44', profile: 'linux-6.18' }, results: RESULTS };

describe('KTAP', () => {
  it('has a version, a plan, notes before their result, directives behind a #, and totals', () => {
    expect(ktapSuite(SUITE)).toEqual(['KTAP version 1', '# kernel: 6.18.44', '# profile: linux-6.18', '1..4',
      'ok 1 a.cow', '# step 3: write 0 0 0 2', '#   kernel: reads 2',
      '#   model:  reads 1 and so on and so on and so on and so on and so on and', '#     so on and so on and so on',
      'not ok 2 b.cow not a directive', 'ok 3 c.cow # SKIP swapout: there is no swap',
      '# line 9: expect * no-leak, but leak', 'ok 4 d.cow # XFAIL vmsplice leaks',
      '# Totals: pass:1 fail:1 xfail:1 xpass:0 skip:1 error:0']);
  });

  it('tells what a result consists of as subtests', () => {
    const storm = joined('storm.cow', [{ name: 'whole', outcome: 'pass' }, { name: 'may-tear', outcome: 'skip',
      why: 'none was torn' }]);
    expect(ktapSuite({ ...SUITE, facts: {}, results: [storm] }).slice(1, -1)).toEqual(['1..1', '  KTAP version 1',
      '  1..2', '  ok 1 whole', '  ok 2 may-tear # SKIP none was torn', 'ok 1 storm.cow']);
  });

  it('tells several suites as tests with subtests', () => {
    const lines = ktapSuites([SUITE, { ...SUITE, name: 'calm', results: RESULTS.slice(2, 3) }], { suite: 'cow' });
    expect(lines.filter((line) => !line.startsWith(' '))).toEqual(['KTAP version 1', '# suite: cow', '1..2',
      'not ok 1 live', 'ok 2 calm # SKIP swapout: there is no swap']);
    expect(lines).toContain('  ok 1 a.cow');
  });
});

it('what consists of several fails with one of them and is skipped with all of them', () => {
  const of = (...outcomes: TestResult['outcome'][]): string =>
    joined('x', outcomes.map((outcome) => ({ name: outcome, outcome, why: outcome }))).outcome;
  expect([of('pass', 'skip'), of('pass', 'fail'), of('skip', 'skip'), of('xfail', 'skip')]).toEqual(['pass', 'fail',
    'skip', 'pass']);
  expect(tally(RESULTS)).toEqual({ pass: 1, fail: 1, xfail: 1, skip: 1 });
});

describe('JUnit XML', () => {
  const text = junit([SUITE]);

  it('counts and names every outcome', () => {
    expect(text).toContain('<testsuite name="live" tests="4" failures="1" errors="0" skipped="2">');
    expect(text).toContain('<property name="kernel" value="6.18.44"/>');
    expect(text).toContain('<testcase classname="live" name="a.cow"/>');
    expect(text).toContain('<failure message="step 3: write 0 0 0 2">step 3: write 0 0 0 2&#10;  kernel: reads 2');
    expect(text).toContain('<skipped message="swapout: there is no swap"/>');
    expect(text).toContain('<skipped type="xfail" message="vmsplice leaks"/>');
  });

  it('is well-formed whatever names hold', () => {
    const odd = junit([{ ...SUITE, results: [{ name: '<a & "b">\u0000', outcome: 'fail', notes: ['x < y & z'] }] }]);
    expect(odd).toContain('name="&lt;a &amp; &quot;b&quot;&gt;?"');
    expect(odd).toContain('<failure message="x &lt; y &amp; z">');
  });

  it('tells subtests one by one, for it knows none', () => {
    expect(junit([{ ...SUITE, results: [joined('storm', RESULTS)] }])).toContain('tests="4" failures="1"');
  });
});
