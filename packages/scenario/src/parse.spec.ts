import { describe, expect, it } from '@jest/globals';
import { parseSettings, settingLines, settingsOver } from './machine-settings.ts';
import { parsePrograms, parseScenario } from './parse.ts';
import type { Program } from './program.ts';
import { ScenarioError } from './scenario-error.ts';

const HEAD = 'question does the device keep its page?\n';

/** The error of a scenario whose second line is the first of `text`. */
function scenarioError(text: string): string {
  return errorOf(() => parseScenario(HEAD + text, 'x.cow'));
}

function errorOf(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    expect(error).toBeInstanceOf(ScenarioError);
    return (error as ScenarioError).message;
  }
  return 'no error';
}

describe('a scenario', () => {
  const text = `# R/W pin, fork, the parent writes first

question After fork(), does the device still see what the parent writes?
title the RDMA breakage
pool 2
watch 0 0 1
mmap 0 0 anon 4
  write 0 0 0 1   \r
pin 0 0 0 0 2
fork 0 1
write 0 0 0 2
expect naive-cow,linux-5.7 pin 0 diverged 0
expect naive-cow hazards H4 H1
expect linux-5.9 pin 0 coherent
expect linux-5.9 copied >=1
expect * value 0 0 0 2
expect * value 1 0 3 SIGSEGV
expect * step 3 ok
expect * mapcount 0 0 3 0
xfail linux-5.7,linux-5.8   the pin is  lost at fork() # not a comment
`;
  const parsed = parseScenario(text, 'rdma.cow');

  it('carries its name, question and title', () => {
    expect([parsed.name, parsed.question, parsed.title]).toEqual([
      'rdma.cow',
      'After fork(), does the device still see what the parent writes?',
      'the RDMA breakage',
    ]);
  });

  it('carries pool, watched pages and steps with the line of each', () => {
    expect(parsed.program).toEqual({
      pool: 2,
      watch: { 0: [0, 1] },
      steps: [
        { op: 'mmap', p: 0, r: 0, kind: 'anon', nr: 4 },
        { op: 'write', p: 0, r: 0, page: 0, value: 1 },
        { op: 'pin', p: 0, slot: 0, r: 0, start: 0, nr: 2 },
        { op: 'fork', p: 0, child: 1 },
        { op: 'write', p: 0, r: 0, page: 0, value: 2 },
      ],
    });
    expect(parsed.lines).toEqual([7, 8, 9, 10, 11]);
  });

  it('carries what is expected of each lane', () => {
    expect(parsed.expects).toEqual([
      { lanes: ['naive-cow', 'linux-5.7'], assertion: { is: 'pin-diverged', slot: 0, pages: [0] }, line: 12 },
      { lanes: ['naive-cow'], assertion: { is: 'hazards', ids: ['H1', 'H4'] }, line: 13 },
      { lanes: ['linux-5.9'], assertion: { is: 'pin-coherent', slot: 0 }, line: 14 },
      { lanes: ['linux-5.9'], assertion: { is: 'copied', nr: 1, atLeast: true }, line: 15 },
      { lanes: '*', assertion: { is: 'value', p: 0, r: 0, page: 0, seen: 2 }, line: 16 },
      { lanes: '*', assertion: { is: 'value', p: 1, r: 0, page: 3, seen: 'SIGSEGV' }, line: 17 },
      { lanes: '*', assertion: { is: 'step', index: 3, result: 'ok' }, line: 18 },
      { lanes: '*', assertion: { is: 'mapcount', p: 0, r: 0, page: 3, count: 0 }, line: 19 },
    ]);
  });

  it('carries where it is known to fail, and why, as written', () => {
    expect(parsed.xfails).toEqual([{ lanes: ['linux-5.7', 'linux-5.8'],
      why: 'the pin is  lost at fork() # not a comment', line: 20 }]);
  });

  it('has a pool of 64 huge pages when it does not say', () => {
    expect(parseScenario(`${HEAD}mmap 0 0 anon 1`, 'x.cow').program.pool).toBe(64);
  });
});

describe('settings of the machine', () => {
  const head = (text: string): Program => parseScenario(`${HEAD}${text}\nmmap 0 0 anon 1`, 'x.cow').program;

  it('are none where none are said', () => expect(head('')).not.toHaveProperty('settings'));

  it('say where huge pages are had, and folios of each size', () => {
    expect(head('thp always\nmthp 64k always\nmthp 1m inherit\nmthp 16k never').settings).toEqual({ thp: 'always',
      mthp: { '64k': 'always', '1024k': 'inherit', '16k': 'never' } });
  });

  it('are written the smallest folios first, and read again', () => {
    const { settings } = head('mthp 1m madvise\nmthp 16k inherit\nthp never');
    expect(settingLines(settings!)).toEqual(['thp never', 'mthp 16k inherit', 'mthp 1024k madvise']);
    expect(parseSettings('thp never; mthp 16k inherit;mthp 1024k madvise', 'x')).toEqual(settings);
  });

  it('of a program go before those of all programs', () => {
    expect(settingsOver({ mthp: { '64k': 'never' } }, { thp: 'always', mthp: { '64k': 'always', '16k': 'always' } }))
      .toEqual({ thp: 'always', mthp: { '64k': 'never', '16k': 'always' } });
  });

  it('are refused by one line', () => {
    expect(errorOf(() => parseSettings('thp', '--settings'))).toBe(
      '--settings:1:4: MODE is missing; write it as: thp MODE',
    );
    expect(errorOf(() => parseSettings('mthp 64k always; tph always', '--settings'))).toBe(
      '--settings:2:2: unknown setting "tph"; did you mean "thp"?',
    );
    expect(errorOf(() => parseSettings('thp never; thp always', '--settings'))).toBe(
      '--settings:2:1: thp is set twice; keep one of them',
    );
  });
});

describe('a malformed line is answered with the place and the mend', () => {
  it.each([
    ['thp sometimes', '2:5: MODE is "sometimes"; use one of always, madvise, never'],
    ['mthp 48k always', '2:6: SIZE is "48k"; use one of 16k, 32k, 64k, 128k, 256k, 512k, 1024k'],
    ['mthp 64k', '2:9: MODE is missing; write it as: mthp SIZE MODE'],
    ['mthp 64k always 2', '2:17: "2" is one operand too many; write it as: mthp SIZE MODE'],
    ['mthp 64k always\nmthp 64k never', '3:6: folios of 64k are set twice; keep one of the lines'],
    ['mmap 0 0 anon 1\nthp always', '3:1: thp comes after a step; move it above line 2'],
    ['wirte 0 0 0 1', '2:1: unknown word "wirte"; did you mean "write"?'],
    ['mmap 0 0 anon 4\n  frok 0 1', '3:3: unknown word "frok"; did you mean "fork"?'],
    ['mmap 0 0 anno 4', '2:10: KIND is "anno"; did you mean "anon"?'],
    ['mmap 0 0 disk 4', '2:10: KIND is "disk"; use one of anon, shanon, file, huge, thp, sharedfile, rofile, dax'],
    ['mprotect 0 0 0 1 x', '2:18: PROT is "x"; use one of none, r, rw'],
    ['madvise 0 0 0 1 wipeonfrok', '2:17: ADVICE is "wipeonfrok"; did you mean "wipeonfork"?'],
    ['write 0 0', '2:10: PAGE is missing; write it as: write P R PAGE V'],
    ['fork 0 1 2', '2:10: "2" is one operand too many; write it as: fork P CHILD'],
    ['write 0 0 0 256', '2:13: V is "256"; use a whole number from 0 to 255'],
    ['write 0 0 -1 2', '2:11: PAGE is "-1"; use a whole number from 0 to 1048575'],
    ['mmap 0 0 anon 0', '2:15: N is "0"; use a whole number from 1 to 1048576'],
    ['mmap 9999 0 anon 1', '2:6: P is "9999"; use a whole number from 0 to 4095'],
    ['pool', '2:5: N is missing; write it as: pool N'],
    ['pool 4 4', '2:8: "4" is one operand too many; write it as: pool N'],
    ['watch 0', '2:8: PAGE is missing; write it as: watch R PAGE…'],
  ])('%j', (text, error) => expect(scenarioError(text)).toBe(`x.cow:${error}`));

  it('names a control character or a long word harmlessly, on one line', () => {
    expect(scenarioError('\u001b[2J')).toBe(
      'x.cow:2:1: unknown word "?[2J"; use one of question, title, thp, mthp, pool, watch, '
        + `${'mmap, munmap, mremap, move, madvise, mprotect, mlock, munlock, swapout, write, read, fork, thread, exit, exec, pin, rpin, spin, unpin, devwrite, devread, vmsplice, vdrop, pvread, pvwrite, clearrefs, uffdopen, uffd, uffdprotect, uffdunprotect, uffdcopy, uffdend, memread, memwrite, ksmd, fail, storm'}, `
        + 'expect, xfail',
    );
    expect(scenarioError(`mmap 0 0 ${'a'.repeat(90)} 1`)).toContain(`KIND is "${'a'.repeat(24)}…"; use one of`);
    expect(errorOf(() => parseScenario('', 'a\nb'))).toBe('a?b:1:1: no question is asked; begin with: question TEXT');
  });
});

describe('a line in the wrong place is answered with where it belongs', () => {
  it.each([
    ['', '1:1: there are no steps; begin with: mmap 0 0 anon 4'],
    ['question again?', '2:1: question is given twice; keep one of the lines'],
    ['title', '2:1: title has no text; write it as: title TEXT'],
    ['title a\ntitle b', '3:1: title is given twice; keep one of the lines'],
    ['pool 1\npool 2', '3:1: pool is given twice; keep one of the lines'],
    ['mmap 0 0 anon 1\nwatch 0 0', '3:1: watch comes after a step; move it above line 2'],
    ['mmap 0 0 anon 1\npool 3', '3:1: pool comes after a step; move it above line 2'],
    ['mmap 0 0 anon 1\ntitle t', '3:1: title comes after a step; move it above line 2'],
    ['expect * leak', '2:1: expect comes before any step; move it below the steps'],
    ['mmap 0 0 anon 1\nexpect * leak\nread 0 0 0', '4:1: read comes after an expect; move it above line 3'],
    ['mmap 0 0 anon 1\nxfail * why\nread 0 0 0', '4:1: read comes after an xfail; move it above line 3'],
    ['mmap 0 0 anon 1\nxfail * why\nexpect * leak\nread 0 0 0', '5:1: read comes after an xfail; move it above line 3'],
    ['xfail * why', '2:1: xfail comes before any step; move it below the steps'],
    ['mmap 0 0 anon 1\nxfail * why', '3:1: xfail, and nothing is expected; write what should hold: expect * no-leak'],
    ['watch 0 0\nwatch 0 1', '3:7: region 0 is watched already; join the two lines'],
    ['watch 0 3 3', '2:11: page 3 is watched already; drop one of them'],
    ['watch 2 5\nmmap 0 0 anon 1', '2:7: region 2 is never mapped; add "mmap 0 2 anon 6" or drop this line'],
    ['watch 0 0 5\nmmap 0 0 anon 4', '2:11: page 5 is outside region 0; use pages 0 to 3'],
  ])('%j', (text, error) => expect(scenarioError(text)).toBe(`x.cow:${error}`));
});

describe('a step of what does not exist is refused', () => {
  const MAP = 'mmap 0 0 anon 4\n';
  it.each([
    [`${MAP}read 1 0 0`, '3:6: process 1 does not exist; put "fork 0 1" before this line'],
    [`${MAP}fork 0 1\nexit 1\nread 1 0 0`, '5:6: process 1 exited at line 4; move "exit 1" below its last step'],
    [`${MAP}fork 0 1\nfork 0 1`, '4:8: process 1 exists since line 3; use the free id 2'],
    [`${MAP}thread 0 0`, '3:10: process 0 exists from the start; use the free id 1'],
    [`${MAP}read 0 1 3`, '3:8: process 0 never mapped region 1; put "mmap 0 1 anon 4" before this line'],
    [`${MAP}fork 0 1\nmmap 0 1 anon 1\nread 1 1 0`,
      '5:8: process 1 never mapped region 1; put "mmap 1 1 anon 1" before this line'],
    [`${MAP}mremap 0 1 8`, '3:10: process 0 never mapped region 1; put "mmap 0 1 anon 8" before this line'],
    [`${MAP}write 0 0 4 1`, '3:11: page 4 is outside region 0; use pages 0 to 3'],
    [`${MAP}munmap 0 0 4 1`, '3:12: page 4 is outside region 0; use pages 0 to 3'],
    [`${MAP}pin 0 0 0 2 3`, '3:13: page 4 is outside region 0; use pages 0 to 3'],
    ['mmap 0 0 anon 1\nread 0 0 1', '3:10: page 1 is outside region 0; use page 0'],
    ['mmap 0 0 thp 500', '2:14: N is 500 for kind thp; use a multiple of 512, such as 512'],
    ['mmap 0 0 huge 513', '2:15: N is 513 for kind huge; use a multiple of 512, such as 1024'],
    ['mmap 0 0 huge 512\nmremap 0 0 600', '3:12: N is 600 for kind huge; use a multiple of 512, such as 1024'],
    [`${MAP}unpin 3`, '3:7: pin slot 3 was never filled; put "pin P 3 R A N" before this line'],
    [`${MAP}vdrop 3`, '3:7: pipe slot 3 was never filled; put "vmsplice P 3 R A N" before this line'],
    [`${MAP}pin 0 0 0 0 1\npin 0 0 0 1 1`,
      '4:7: pin slot 0 is in use since line 3; put "unpin 0" before this line or use slot 1'],
    [`${MAP}vmsplice 0 2 0 0 1\nvmsplice 0 2 0 1 1`,
      '4:12: pipe slot 2 is in use since line 3; put "vdrop 2" before this line or use slot 0'],
    [`${MAP}spin 0 0 0 0 1\nunpin 0\ndevread 0 0`,
      '5:9: pin slot 0 was released at line 4; move "unpin 0" below the last use'],
    [`${MAP}storm 0 0 0 4 0`, '3:15: CHILDREN is "0"; use a whole number from 1 to 100000'],
    [`${MAP}storm 0 0 2 3 9`, '3:13: page 4 is outside region 0; use pages 0 to 3'],
    ['mmap 0 0 shanon 4\nstorm 0 0 0 4 9', '3:9: region 0 is of kind shanon; use one of anon, thp, huge'],
    [`${MAP}rpin 0 0 0 1 2\ndevread 0 0`, '4:11: page 0 is outside pin slot 0; use pages 1 to 2'],
  ])('%j', (text, error) => expect(scenarioError(text)).toBe(`x.cow:${error}`));

  it.each([
    ['a page of a hole', 'munmap 0 0 1 2\nread 0 0 2'],
    ['both sizes of a moved region', 'mremap 0 0 2\nread 0 0 3\nmremap 0 0 8\nread 0 0 7'],
    ['a region that a thread mapped in the shared mm', 'thread 0 1\nmmap 1 1 anon 2\nread 0 1 1'],
    ['memory that exec took away', 'exec 0\nread 0 0 0'],
    ['a slot that is free again', 'pin 0 0 0 0 1\nunpin 0\npin 0 0 0 1 1'],
    ['a pin and a pipe of the same number', 'pin 0 0 0 0 1\nvmsplice 0 0 0 0 1'],
    ['a pin that outlives its process', 'fork 0 1\npin 1 0 0 0 1\nexit 1\ndevread 0 0'],
  ])('%s may be touched', (_, steps) => expect(scenarioError(MAP + steps)).toBe('no error'));
});

describe('an expectation of what cannot be observed is refused', () => {
  const STEPS = 'mmap 0 0 anon 4\npin 0 0 0 1 2\nvmsplice 0 0 0 0 2\n';
  it.each([
    ['expect', '5:7: LANES is missing; write it as: expect LANES ASSERTION'],
    ['expect a,,b leak', '5:8: lane "" is not a name; use * or names joined by commas: naive-cow,linux-5.9'],
    ['xfail', '5:6: LANES is missing; write it as: xfail LANES WHY'],
    ['xfail a,-b why', '5:7: lane "-b" is not a name; use * or names joined by commas: naive-cow,linux-5.9'],
    ['xfail *', '5:8: WHY is missing; write it as: xfail LANES WHY'],
    ['expect *', '5:9: ASSERTION is missing; write it as: expect LANES ASSERTION'],
    ['expect * laek', '5:10: ASSERTION is "laek"; did you mean "leak"?'],
    ['expect * leak 1', '5:15: "1" is one operand too many; write it as: expect LANES leak'],
    ['expect * pin 0', '5:15: STATE is missing; write it as: expect LANES pin SLOT coherent|diverged [PAGE…]'],
    ['expect * pin 0 coherant', '5:16: STATE is "coherant"; did you mean "coherent"?'],
    ['expect * pin 1 coherent', '5:14: pin slot 1 was never filled; put "pin P 1 R A N" before this line'],
    ['expect * pin 0 diverged 1 3', '5:27: page 3 is outside pin slot 0; use pages 1 to 2'],
    ['expect * hazards', '5:17: HAZARD is missing; write it as: expect LANES hazards none|H1 H2…'],
    ['expect * hazards H0', '5:18: HAZARD is "H0"; use one of none, H1, H2, H3, H4, H5, H6, H7, H8, H9'],
    ['expect * hazards H1 H1', '5:21: hazard H1 is named twice; drop one of them'],
    ['expect * value 0 0 0 300', '5:22: V is "300"; use a whole number from 0 to 255, SIGSEGV or SIGBUS'],
    ['expect * value 1 0 0 3', '5:16: process 1 does not exist; put "fork 0 1" before this line'],
    ['expect * device 0 0 3', '5:19: page 0 is outside pin slot 0; use pages 1 to 2'],
    ['expect * pipe 0 2 3', '5:17: page 2 is outside pipe slot 0; use pages 0 to 1'],
    ['expect * copied >4', '5:17: N is ">4"; use a whole number such as 4, or >=4'],
    ['expect * step 3 ok', '5:15: there is no step 3; use 0 to 2, the first step is 0'],
    ['expect * step 1 EFUALT', '5:17: ERRNO is "EFUALT"; did you mean "EFAULT"?'],
    ['expect * walked 3 1', '5:17: there is no step 3; use 0 to 2, the first step is 0'],
    ['expect * storm whole', '5:16: there is no storm; put "storm P R A N CHILDREN" among the steps'],
    ['expect * mapcount 0 0 9 1', '5:23: page 9 is outside region 0; use pages 0 to 3'],
  ])('%j', (text, error) => expect(scenarioError(STEPS + text)).toBe(`x.cow:${error}`));

  it('the device sees nothing through a pin that was released', () => {
    expect(scenarioError(`${STEPS}unpin 0\nexpect * device 0 1 3`)).toBe(
      'x.cow:6:17: pin slot 0 was released at line 5; move "unpin 0" below the last use',
    );
  });
});

describe('recorded programs', () => {
  const programsError = (text: string) => errorOf(() => parsePrograms(text, 'x.txt'));
  it.each([
    ['mmap 0 0 anon 1', '1:1: "mmap" outside a program; put "prog ID" before this line'],
    ['end', '1:1: "end" outside a program; drop this line'],
    ['prog', '1:5: ID is missing; write it as: prog ID'],
    ['prog 1\nprog 2', '2:1: prog "1" is still open; put "end" before this line'],
    ['prog 1\nexit 0', '1:1: prog "1" has no end; put "end" after its last step'],
    ['prog 1\nend\nprog 1', '3:6: id "1" is taken by line 1; use another id'],
    ['prog 1\nend 1', '2:5: "1" is one operand too many; write it as: end'],
    ['prog 1\nedn', '2:1: unknown word "edn"; did you mean "end"?'],
  ])('%j', (text, error) => expect(programsError(text)).toBe(`x.txt:${error}`));

  it('are taken at their word: only `strict` asks whether a process exists', () => {
    const text = 'prog 7\nread 5 0 0\nend\n';
    expect(parsePrograms(text, 'x.txt')).toEqual([{ id: '7', watch: {}, pool: 64,
      steps: [{ op: 'read', p: 5, r: 0, page: 0 }] }]);
    expect(errorOf(() => parsePrograms(text, 'x.txt', { strict: true }))).toContain('process 5 does not exist');
  });
});
