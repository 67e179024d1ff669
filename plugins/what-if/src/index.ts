import { definePolicy, PluginError, type Traits } from '@cowlab/plugin-api';

/** As below: what is not asked about stays as it is. */
const SAME = 'same';
type ForkOrder = Traits['forkOrder'];
/** No commas and colons, which have meanings on the command line, and no dashes but between the tests. */
const TESTS = { wrprotect: 'wrprotect', has_pinned: 'has-pinned', ref: 'ref', fence: 'fence' } as const;

/**
 * What if the same steps came in another order, or one of them were left out? The order in which fork() write-protects
 * an entry and looks for pins (`wrprotect-has_pinned-ref`), which of fast GUP's looks at the seqcount are taken,
 * whether has_pinned is set in time, whether unmapping looks for pins again and with barriers,
 * whether a pin is one atomic (`whole`) or a reference and then a relaxed addition (`apart`). No kernel has this
 * policy; it is laid over one: `linux-5.9+what-if:forkOrder=wrprotect-first`.
 */
export default definePolicy({
  id: 'what-if',
  summary:
    'The same steps in another order, or without one of them: laid over a kernel to ask whether the order matters.',
  over: 'write-protect-seq',
  hazards: ['H1', 'H2', 'H4', 'H6'],
  defaults: { forkOrder: SAME, hasPinnedSet: SAME, gupSeqChecks: SAME, writeProtectSeq: SAME, exclusiveBarriers: SAME,
    unmapRechecks: SAME, pinAdd: SAME },
  create: (options) => {
    const word = <Word extends string>(name: keyof typeof options, words: readonly Word[]): Word | null => {
      const given = options[name];
      const found = words.find((known) => known === given);
      if (found === undefined && given !== SAME) throw odd(name, given, words.join(', '));
      return found ?? null;
    };
    const truth = (name: keyof typeof options): boolean | null => {
      const said = word(name, ['true', 'false']);
      return said === null ? null : said === 'true';
    };
    const asked = { forkOrder: orderOf(options.forkOrder), hasPinnedSet: word('hasPinnedSet', ['first', 'after-grab']),
      gupSeqChecks: word('gupSeqChecks', ['both', 'first', 'last']), writeProtectSeq: truth('writeProtectSeq'),
      exclusiveBarriers: truth('exclusiveBarriers'), unmapRechecks: truth('unmapRechecks'),
      pinAdd: word('pinAdd', ['whole', 'apart']) };
    const traits: Partial<Traits> = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== null));
    return { traits };
  },
});

function orderOf(text: string): ForkOrder | null {
  if (text === SAME) return null;
  if (text === 'test-first' || text === 'wrprotect-first') return text;
  return text.split('-').map((test) => {
    if (Object.hasOwn(TESTS, test)) return TESTS[test as keyof typeof TESTS];
    throw odd('forkOrder', text,
      `test-first, wrprotect-first, or a list of ${Object.keys(TESTS).join(', ')} joined by dashes`);
  });
}

function odd(option: string, value: string, words: string): PluginError {
  return new PluginError('what-if', `option ${option} cannot be '${value}'`, `use ${words}`);
}
