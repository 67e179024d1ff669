import { describe, expect, it } from '@jest/globals';
import { parsePerfFaults } from '../perf/perf-script.ts';
import { parseStrace } from '../strace/strace.ts';
import { interpret } from '../calls/syscalls.ts';
import { mergeTimeline } from './timeline.ts';

const merged = (strace: string[], faults: string[]): string[] => {
  const calls = interpret(parseStrace(`${strace.join('\n')}\n`, 's'), 's');
  const samples = parsePerfFaults(faults.map((line) => `${line}\n`).join(''), 'f');
  return mergeTimeline(calls, samples).map((entry) => {
    if (entry.kind === 'call') return `${entry.pid} ${entry.call.type}`;
    return `${entry.pid} ${
      entry.kind === 'fault' ? `${entry.sample.comm} ${entry.sample.addr.toString(16)}` : 'access'
    }`;
  });
};
const EXEC = '7 1000000010.000100 execve("/usr/bin/true", ["true"], 0x1 /* 1 var */) = 0';

describe('the timeline', () => {
  it('puts samples between calls by their nanoseconds, and calls first within one microsecond', () => {
    const strace = ['7 1000000010.000100 munmap(0x1000, 4096) = 0', '7 1000000010.000200 munmap(0x2000, 4096) = 0'];
    const faults = ['a 7/7 1000000010.000100900: page-faults: 5000 6000',
      'a 7/7 1000000010.000099999: page-faults: 4000 6000'];
    expect(merged(strace, faults)).toEqual(['7 a 4000', '7 munmap', '7 a 5000', '7 munmap']);
  });

  it('keeps the order of the calls when the clock was set back', () => {
    expect(merged(['7 1000000010.000200 munmap(0x1000, 4096) = 0', '8 1000000010.000100 brk(NULL) = 0x5000'], []))
      .toEqual(['7 munmap', '8 brk']);
  });

  it('lets the old image fault on after the line of an execve(), as long as the samples bear its name', () => {
    const faults = ['sh 7/7 1000000010.000050000: page-faults: 1 1', 'sh 7/7 1000000010.000150000: page-faults: 2 2',
      'true 7/7 1000000010.000300000: page-faults: 3 3'];
    expect(merged([EXEC], faults)).toEqual(['7 sh 1', '7 sh 2', '7 execve', '7 true 3']);
  });

  it('leaves an execve() where it is when no sample bears the new name', () => {
    const faults = ['sh 7/7 1000000010.000050000: page-faults: 1 1', 'sh 7/7 1000000010.000150000: page-faults: 2 2'];
    expect(merged([EXEC], faults)).toEqual(['7 sh 1', '7 execve', '7 sh 2']);
  });
});
