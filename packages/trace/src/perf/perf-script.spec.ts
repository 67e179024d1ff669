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
        errorCode: null,
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
  it('may lack nanoseconds, and may carry a processor, a period, symbols and a call chain', () => {
    const short = LINE.replace('367865256', '367865');
    expect(parsePerfFaults(short, 'rec')[0]).toMatchObject({ micros: 1795342129367865, nanos: 0 });
    const long = LINE.replace('12297 ', '12297 [003] ').replace('page-faults', '1 page-faults')
      .replace('8175016a', '8175016a copy_to_user+0x28 ([kernel])\n\tffffffff8175016a copy_to_user');
    expect(parsePerfFaults(`${long}\n`, 'rec')).toMatchObject([{ tid: 12297, addr: 0x7f09d005a110, inKernel: true }]);
  });
  it('may come from the tracepoint, or name the thread alone', () => {
    const line =
      'more 12839 12.000001: exceptions:page_fault_user: address=0x7f09d005a110 ip=0x40272f error_code=0x6\n';
    expect(parsePerfFaults(line, 'rec')[0]).toMatchObject({ pid: 12839, tid: 12839, addr: 0x7f09d005a110, ip: 0x40272f,
      inKernel: false, errorCode: 6 });
  });
  it('of the kernel may name its place by a symbol that reads like a number', () => {
    const line = '  bash 5/5 12.000001000: exceptions:page_fault_kernel: address=0x7ffc9134af40 ip=elf_load '
      + 'error_code=0x2 ffffffff822604e1\n';
    expect(parsePerfFaults(line, 'rec')[0]).toMatchObject({ addr: 0x7ffc9134af40, inKernel: true, errorCode: 2 });
  });
  it('is refused when it is torn, of another event, or does not tell the address', () => {
    const refused = (text: string) => expect(() => parsePerfFaults(text, 'rec'));
    refused(LINE.trimEnd()).toThrow(/^rec:1: the recording is torn/);
    refused(LINE.replace('page-faults', 'cycles')).toThrow(/^rec:1: this is no page-fault sample .*; record with perf/);
    refused(LINE.replace(' ffffffff8175016a', '')).toThrow(/^rec:1: .*does not tell which address.*-F \+addr/);
  });
});
