import { describe, expect, it } from '@jest/globals';
import { scenario, type ScenarioBuilder } from './builder.ts';
import { formatScenario } from './format.ts';
import { parsePrograms, parseScenario } from './parse.ts';
import { STEP_OPS } from './words/words.ts';

const P = 0;
const C = 1;
const R = 0;
const pinned = scenario('After fork(), does the device\n still see the page?').mmap(P, R, 'anon', 4).write(P, R, 0, 1)
  .pin(P, 0, R, 0, 1);

describe('a scenario built in TypeScript', () => {
  it('is the same value as its text', () => {
    const built = pinned
      .named('rdma').title('the RDMA breakage').pool(2).watch(R, 0, 3)
      .fork(P, C)
      .write(P, R, 0, 2)
      .expect('naive-cow', (a) => [a.pin(0, 'diverged', 0), a.hazards('H1'), a.value(P, R, 0, 2)])
      .expect(['early-cow', 'linux-7.2'], (a) => a.pin(0, 'coherent'))
      .expect('*', (a) => [a.noLeak(), a.hazards(), a.copiedAtLeast(1), a.step(3, 'ok'), a.noSplit()])
      .xfail('linux-5.7', 'mended by\n a later commit')
      .xfail(['linux-5.8', 'linux-5.9'], 'another one');
    expect(built.text()).toBe(`question After fork(), does the device still see the page?
title the RDMA breakage
pool 2
watch 0 0 3
mmap 0 0 anon 4
write 0 0 0 1
pin 0 0 0 0 1
fork 0 1
write 0 0 0 2
xfail linux-5.7 mended by a later commit
xfail linux-5.8,linux-5.9 another one
expect naive-cow pin 0 diverged 0
expect naive-cow hazards H1
expect naive-cow value 0 0 0 2
expect early-cow,linux-7.2 pin 0 coherent
expect * no-leak
expect * hazards none
expect * copied >=1
expect * step 3 ok
expect * no-split
`);
    expect(built.build()).toEqual(parseScenario(built.text(), 'rdma'));
  });

  it('says every assertion', () => {
    const text = pinned.vmsplice(P, 0, R, 0, 1).expect('*', (
      a,
    ) => [a.pin(0, 'diverged'), a.leak(), a.split(), a.copied(0), a.device(0, 0, 1), a.pipe(0, 0, 1),
      a.mapcount(P, R, 0, 1)]).text();
    expect(text.split('expect * ').slice(1).map((line) => line.trim())).toEqual(['pin 0 diverged', 'leak', 'split',
      'copied 0', 'device 0 0 1', 'pipe 0 0 1', 'mapcount 0 0 0 1']);
    expect(formatScenario(parseScenario(text, 'x'))).toBe(text);
  });

  it('says every step, operands in the order of the text', () => {
    const steps: readonly [(s: ScenarioBuilder) => ScenarioBuilder, string][] = [
      [(s) => s.mmap(1, 2, 'thp', 512), 'mmap 1 2 thp 512'],
      [(s) => s.munmap(1, 2, 3, 4), 'munmap 1 2 3 4'],
      [(s) => s.mremap(1, 2, 3), 'mremap 1 2 3'],
      [(s) => s.move(1, 2, 3, 4, 5, 6), 'move 1 2 3 4 5 6'],
      [(s) => s.madvise(1, 2, 3, 4, 'free'), 'madvise 1 2 3 4 free'],
      [(s) => s.mprotect(1, 2, 3, 4, 'rw'), 'mprotect 1 2 3 4 rw'],
      [(s) => s.mlock(1, 2, 3, 4), 'mlock 1 2 3 4'],
      [(s) => s.munlock(1, 2, 3, 4), 'munlock 1 2 3 4'],
      [(s) => s.swapout(1, 2, 3, 4), 'swapout 1 2 3 4'],
      [(s) => s.write(1, 2, 3, 4), 'write 1 2 3 4'],
      [(s) => s.read(1, 2, 3), 'read 1 2 3'],
      [(s) => s.fork(1, 2), 'fork 1 2'],
      [(s) => s.thread(1, 2), 'thread 1 2'],
      [(s) => s.exit(1), 'exit 1'],
      [(s) => s.exec(1), 'exec 1'],
      [(s) => s.pin(1, 2, 3, 4, 5), 'pin 1 2 3 4 5'],
      [(s) => s.rpin(1, 2, 3, 4, 5), 'rpin 1 2 3 4 5'],
      [(s) => s.spin(1, 2, 3, 4, 5), 'spin 1 2 3 4 5'],
      [(s) => s.unpin(1), 'unpin 1'],
      [(s) => s.devwrite(1, 2, 3), 'devwrite 1 2 3'],
      [(s) => s.devread(1, 2), 'devread 1 2'],
      [(s) => s.vmsplice(1, 2, 3, 4, 5), 'vmsplice 1 2 3 4 5'],
      [(s) => s.vdrop(1), 'vdrop 1'],
      [(s) => s.pvread(1, 2, 3), 'pvread 1 2 3'],
      [(s) => s.pvwrite(1, 2, 3, 4), 'pvwrite 1 2 3 4'],
      [(s) => s.clearrefs(1), 'clearrefs 1'],
      [(s) => s.uffdopen(1, 'forks'), 'uffdopen 1 forks'],
      [(s) => s.uffd(1, 2, 3, 4, 'both'), 'uffd 1 2 3 4 both'],
      [(s) => s.uffdprotect(1, 2, 3, 4), 'uffdprotect 1 2 3 4'],
      [(s) => s.uffdunprotect(1, 2, 3, 4), 'uffdunprotect 1 2 3 4'],
      [(s) => s.uffdcopy(1, 2, 3, 4), 'uffdcopy 1 2 3 4'],
      [(s) => s.uffdend(1, 2, 3, 4), 'uffdend 1 2 3 4'],
      [(s) => s.memread(1, 2, 3), 'memread 1 2 3'],
      [(s) => s.memwrite(1, 2, 3, 4), 'memwrite 1 2 3 4'],
      [(s) => s.ksmd(), 'ksmd'],
      [(s) => s.fail('page', 'once'), 'fail page once'],
      [(s) => s.storm(1, 2, 3, 4, 5), 'storm 1 2 3 4 5'],
    ];
    const text = steps.reduce((built, [add]) => add(built), scenario('q')).text();
    expect(text).toBe(`question q\n${steps.map(([, line]) => `${line}\n`).join('')}`);
    expect(steps.map(([, line]) => line.split(' ')[0])).toEqual(STEP_OPS);
    const body = text.replace('question q\n', '');
    expect(parsePrograms(`prog 0\n${body}end\n`, 'x')[0].steps).toHaveLength(STEP_OPS.length);
  });

  it('keeps a common beginning when it is continued twice', () => {
    pinned.fork(P, C);
    expect(pinned.exit(P).build().program.steps).toHaveLength(4);
  });

  it('is held to the same rules as a text', () => {
    expect(() => pinned.named('mine').fork(P, P).build()).toThrow(
      'mine:5:8: process 0 exists from the start; use the free id 1',
    );
    expect(() => pinned.write(P, R, 0, 1.5).build()).toThrow('V is "1.5"; use a whole number from 0 to 255');
  });
});
