import { describe, expect, it } from '@jest/globals';
import { parsePerfFaults } from './perf-script.ts';

const LINE = '    redis-server 12293/12297 1795342129.367865256: page-faults:     7f09d005a110 ffffffff8175016a\n';

describe('a page-fault sample', () => {
  it('keeps thread, nanoseconds and address exactly', () => {
    expect(parsePerfFaults(LINE, 'rec')).toEqual([
      {
        line: 1,
        comm: 'redis-server',
        pid: 12293,
        tid: 12297,
        micros: 1795342129367865,
        nanos: 256,
        event: 'page-faults',
        addr: 0x7f09d005a110,
        ip: 0xffffffff81750000 + 0x16a,
        inKernel: true,
      },
    ]);
  });
  it('may come from a thread whose name looks like a sample', () => {
    expect(parsePerfFaults(LINE.replace('redis-server', 'a b 1/2 3.4: x:'), 'rec')[0]).toMatchObject({
      comm: 'a b 1/2 3.4: x:',
      pid: 12293,
    });
  });
  it('may carry modifiers of the event and stand below a header', () => {
    expect(parsePerfFaults(`# captured on: today\n\n${LINE.replace('faults:', 'faults:u:')}`, 'rec')[0]).toMatchObject({
      line: 3,
      event: 'page-faults:u',
    });
  });
  it('tells user instructions from the kernel', () => {
    expect(parsePerfFaults(LINE.replace('ffffffff8175016a', '7f09d005a111'), 'rec')[0]).toMatchObject({
      ip: 0x7f09d005a111,
      inKernel: false,
    });
  });
  it('is refused when it is torn, short of digits or of another event', () => {
    const refused = (text: string) => expect(() => parsePerfFaults(text, 'rec'));
    refused(LINE.trimEnd()).toThrow(/^rec:1: the recording is torn/);
    refused(`${LINE}${LINE.replace('367865256', '367865')}`).toThrow(
      /^rec:2: this is no page-fault sample with nanoseconds .*; record with perf record/,
    );
    refused(LINE.replace('page-faults', 'cycles')).toThrow(/^rec:1: /);
    refused(LINE.replace(' ffffffff8175016a', '')).toThrow(/^rec:1: /);
  });
});
