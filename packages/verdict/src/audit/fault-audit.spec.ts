import type { LogEntry } from '@cowlab/core';
import { type AccessItem, FAULT } from '@cowlab/trace';
import { describe, expect, it } from '@jest/globals';
import { type Before, FaultCounts } from './fault-audit.ts';

const ADDR = 0x7f0000000010;
const USER_WRITE = FAULT.USER | FAULT.WRITE;

function fault(micros: number, errorCode: number, pid = 10): AccessItem {
  return { kind: 'access', at: { micros, nanos: 0 }, pid, task: 0, source: { file: 'a.faults', line: micros },
    commands: [], addr: ADDR, nrPages: 1, access: 'write', why: 'the error code', certainty: 'certain', faulted: true,
    errorCode };
}

const HAD_NONE: Before = { mm: 0, present: false, presentOfFile: false, ofFile: () => false, mapping: () => 'anon' };
const HAD_ONE: Before = { ...HAD_NONE, present: true };

const served = (type: 'AnonPagesMapped' | 'CowBroken'): LogEntry[] =>
  [{ position: 0, command: {}, events: [{ type }], result: { ok: true, value: 0 } }] as unknown as LogEntry[];
const GOES_THROUGH = [{ position: 0, command: {}, events: [],
  result: { ok: true, value: 0 } }] as unknown as LogEntry[];

describe('a fault on a page whose last fault the model has served', () => {
  const after = (...faults: readonly AccessItem[]): number => {
    const counts = new FaultCounts([]);
    counts.add(fault(0, faults[0].errorCode ?? 0), served('AnonPagesMapped'), HAD_NONE);
    for (const item of faults) counts.add(item, GOES_THROUGH, HAD_ONE);
    return counts.audit.nrUnexplained;
  };

  it('is the same one again where the kernel touches the page for a call: first with page faults off', () => {
    expect(after(fault(20, FAULT.WRITE))).toBe(0);
  });

  it('is another one where the program itself touches it: its access goes on when the fault is served', () => {
    expect(after(fault(20, USER_WRITE))).toBe(1);
  });

  it('is met by two threads at once, if they come close together', () => {
    expect(after(fault(20, USER_WRITE, 11))).toBe(0);
    expect(after(fault(5000, USER_WRITE, 11))).toBe(1);
  });

  it('stays open where the entry goes on faulting: what is explained by the first explains nothing itself', () => {
    expect(after(fault(1500, FAULT.WRITE), fault(3000, FAULT.WRITE), fault(4500, FAULT.WRITE))).toBe(2);
  });
});

describe('a write to a page of a file that the model had mapped around another page', () => {
  it('makes a private copy, whether or not the page cache had the page ready there', () => {
    const counts = new FaultCounts([]);
    counts.add(fault(0, USER_WRITE), served('CowBroken'), { ...HAD_ONE, presentOfFile: true });
    expect(counts.audit.explained).toEqual({ 'a private copy of a page of a file': 1 });
  });

  it('of anonymous memory it would be a fault that the model does not explain', () => {
    const counts = new FaultCounts([]);
    counts.add(fault(0, USER_WRITE), served('CowBroken'), HAD_ONE);
    expect(counts.audit.nrUnexplained).toBe(1);
  });
});
