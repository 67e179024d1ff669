import { describe, expect, it } from '@jest/globals';
import { documentProblem, type StudioDocument } from './document.ts';
import { embedded, pageWith } from './embed.ts';

const PAGE = '<body><script type="application/json" id="cowlab-document">null</script></body>';
const HOSTILE = '</script><script>alert(1)</script><!-- \u2028\u202e\u0000 $& $1 &lt;';

describe('a document in a page', () => {
  it('ends no script and opens no comment, and is read back as it was', () => {
    const document: StudioDocument = { kind: 'scenario', name: HOSTILE, text: HOSTILE, lanes: null };
    const html = pageWith(PAGE, document);
    expect(html.match(/<\/?script/g)).toHaveLength(2);
    expect(html).not.toMatch(/<!--|[\u2028\u2029]/);
    const [, inside] = /document">(.*)<\/script><\/body>/.exec(html) ?? [];
    expect(JSON.parse(inside)).toEqual(document);
    expect(JSON.parse(embedded(document))).toEqual(document);
  });

  it('goes into no page that has no place for it, or two', () => {
    expect(() => pageWith('<body></body>', null)).toThrow(/no place/);
    expect(() => pageWith(PAGE + PAGE, null)).toThrow(/no place/);
  });
});

describe('what claims to be a document', () => {
  it.each<[string, unknown, RegExp | null]>([
    ['a scenario', { kind: 'scenario', name: 'a', text: '', lanes: null }, null],
    ['a log', { kind: 'log', logs: [{ name: 'a', text: '' }] }, null],
    ['nothing', null, /no object/],
    ['a list', [], /no object/],
    ['another kind', { kind: 'constructor' }, /neither/],
    ['a text that is none', { kind: 'race', name: 'a', text: { toString: 1 }, lanes: null, schedule: null }, /a text/],
    ['a log without logs', { kind: 'log', logs: [] }, /one to four/],
    ['a recording without its timeline', { kind: 'recording', name: 'a', verdict: {}, logs: [] }, /timeline/],
  ])('is told from what is none: %s', (_name, value, problem) => {
    if (problem === null) expect(documentProblem(value)).toBeNull();
    else expect(documentProblem(value)).toMatch(problem);
  });
});
