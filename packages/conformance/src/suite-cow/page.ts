/** docs/suite-cow.md, made from a run: what the page says is what the model did. */
import { markdownTable } from '@cowlab/prose';
import { type SuiteCell, type SuiteFigures, suiteFigures, type SuiteOutcome, type SuiteRun } from '../suite/suite.ts';
import { MENDS } from './defects.ts';
import { ASKED_THERE, SELFTEST_RUNS } from './selftest.ts';

/** `folder`: where the scenarios are, seen from the page. */
export function cowSuitePage(run: SuiteRun, folder: string): string {
  return `${
    ['# The suite `cow`', '', '<!-- Made from a run, do not edit: COWLAB_DOCS=update npm test -- suite -->', '',
      "What the kernel's selftests `cow.c` and `gup_longterm.c` (tools/testing/selftests/mm) ask of COW and "
      + 'pins, told as scenarios of our',
      'own: every case on every kind of memory that the language can say. A scenario states what ought to hold, and names the kernels',
      'on which it is known not to; that was read in the sources of the kernels, or seen on them, and no run has a say in it. A known',
      'failure that does not show is a finding as much as one that nobody expected. `cowlab conform --suite cow` '
      + 'runs all of it on the model,', '`cowlab conform --suite cow --live` on the kernel of the machine too.', '',
      '## Figures', '', ...figureTable(run), '', '## Scenarios', '',
      `\`${MARKS.pass}\` holds, \`${MARKS.xfail}\` fails as known, \`${MARKS.fail}\` fails, \`${MARKS.xpass}\` `
      + `holds though it is known to fail. Profiles that are alike share a column.`, '', ...scenarioTable(run, folder),
      '', '## Known defects', '', ...defectTable(run), '',
      ...markdownTable(['commit', 'subject'],
        Object.entries(MENDS).map(([commit, subject]) => [`\`${commit}\``, subject])), '',
      "## Against the kernel's own selftest", '', ...selftestText(run), '', '## What is left out', '',
      ...LEFT_OUT.map((text) => `* ${text}`)].join('\n')
  }\n`;
}

const MARKS: Readonly<Record<SuiteOutcome, string>> = { pass: '.', xfail: 'x', fail: 'F', xpass: '!' };

const LEFT_OUT: readonly string[] = [
  'MADV_COLLAPSE (four cases of `cow.c`), hugetlb pages of 1 GiB, THPs smaller than a PMD, private mappings of '
  + 'hugetlb files, files of a disk file system: the language has no word for them.',
  'A THP half of which mremap() moved elsewhere. The language lets a region shrink, so `thp-half` has the other half unmapped.',
  'Swapped-out THPs: reclaim in the model passes over large folios. Swapped-out small pages are there; the live '
  + 'runner has no swap-out and skips them.',
  'GUP-fast beside slow GUP: one order of whole steps shows no difference between them, so each such pair is one '
  + "scenario. Their races are the checker's.",
  'Soft-dirty tracking, by which `cow.c` keeps mprotect() of newer kernels from mapping pages writable at once.',
  'CVE-2016-5195, CVE-2017-1000405 and CVE-2022-2590 (FOLL_FORCE, userfaultfd) and CVE-2020-29368 (a race). '
  + 'CVE-2020-29374 is every vmsplice case, and `vmsplice-child-exit` for a child that is gone.',
];

function figureTable({ lanes, scenarios, cells }: SuiteRun): string[] {
  return markdownTable(['profile', 'scenarios', 'holds', 'fails as known', 'fails', 'holds, known to fail'],
    lanes.map((lane) => {
      const nr = suiteFigures(cells.filter((cell) => cell.lane === lane));
      return [lane, scenarios.length, nr.pass, nr.xfail, nr.fail, nr.xpass].map(String);
    }));
}

function scenarioTable({ lanes, scenarios, cells }: SuiteRun, folder: string): string[] {
  const marksOf = (lane: number): string[] =>
    scenarios.map((_, row) => MARKS[cells[row * lanes.length + lane].outcome]);
  const columns: { names: string[]; marks: string[] }[] = [];
  lanes.forEach((lane, at) => {
    const [name, marks, last] = [lane.replace(/^linux-/, ''), marksOf(at), columns[columns.length - 1]];
    if (last?.marks.join() === marks.join()) last.names.push(name);
    else columns.push({ names: [name], marks });
  });
  return markdownTable(
    ['scenario', '', ...columns.map(({ names }) => names.join(', '))],
    scenarios.map((
      { id, title },
      row,
    ) => [`[${id}](${folder}${id}.cow)`, title, ...columns.map(({ marks }) => marks[row])]),
  );
}

/** By defect: where it shows. */
function defectTable({ lanes, cells }: SuiteRun): string[] {
  const byWhy = new Map<string, SuiteCell[]>();
  for (const cell of cells) if (cell.why !== null) byWhy.set(cell.why, [...(byWhy.get(cell.why) ?? []), cell]);
  const rows = [...byWhy].map((
    [why, its],
  ) => [why,
    lanes.filter((lane) => its.some((cell) => cell.lane === lane)).map((lane) => lane.replace(/^linux-/, '')).join(
      ', ',
    ), String(new Set(its.map(({ id }) => id)).size)]
  );
  return markdownTable(['defect', 'on', 'scenarios'], rows);
}

export function askedThere({ cells }: SuiteRun, profile: string): SuiteFigures {
  return suiteFigures(cells.filter(({ id, lane }) => lane === profile && ASKED_THERE.has(id)));
}

function selftestText(run: SuiteRun): string[] {
  const runs = SELFTEST_RUNS.filter(({ profile }) => run.lanes.includes(profile));
  return [
    'The selftest `cow.c` of 6.12 ran on the kernels of the recordings. Its failures and expected failures '
    + 'there, beside the known failures of',
    `the ${ASKED_THERE.size} scenarios that ask what it could ask on those machines (no swap, no gup_test, so no read-only pins):`,
    '',
    ...markdownTable(['kernel', 'cow.c: pass', 'fail', 'expected failure', 'here: holds', 'fails as known'],
      runs.map(({ profile, pass, fail, xfail }) => {
        const here = askedThere(run, profile);
        return [profile.replace(/^linux-/, ''), pass, fail, xfail, here.pass, here.xfail].map(String);
      })),
    '',
    'The failures are the same: on 5.10 the four vmsplice leaks through a PMD-mapped THP, the five kinds of '
    + 'memory on which a registered buffer',
    'is lost to mprotect(), the hugetlb buffer lost at fork(), and everywhere the four vmsplice leaks through '
    + 'hugetlb, the only ones that',
    '`cow.c` expects. The passes differ. `cow.c` has a temporary file beside the memfd and a private hugetlb '
    + 'memfd (2 more on every kernel), from',
    '6.1 on MADV_COLLAPSE (3 or 4 more), and from 6.12 on it repeats four kinds of memory for each of eight '
    + 'sizes of THP (7 x 4 x 8 = 224 more).',
  ];
}
