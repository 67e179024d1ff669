/**
 * The editor, a script of its own: it is parsed when somebody first writes. It knows nothing of the page; the page asks
 * it through `cowlabEditor`.
 */
import { javascript } from '@codemirror/lang-javascript';
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, linter, lintGutter } from '@codemirror/lint';
import { Compartment, type Extension } from '@codemirror/state';
import { EditorView, highlightActiveLine, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { minimalSetup } from 'codemirror';
import { transform } from 'sucrase';
import type { EditorModule, Trouble, Writing } from './editor-module.ts';

/** The first word of a line, numbers, and what comes after a hash. */
const cow = StreamLanguage.define<{ first: boolean }>({
  name: 'cow',
  startState: () => ({ first: true }),
  token: (stream, state) => {
    if (stream.sol()) state.first = true;
    if (stream.eatSpace()) return null;
    if (stream.match(/^#.*/)) return 'comment';
    if (stream.match(/^\d+/)) return 'number';
    if (!stream.match(/^[^\s#]+/)) stream.next();
    const word = state.first ? 'keyword' : null;
    state.first = false;
    return word;
  },
});

const LANGUAGES: Readonly<Record<Writing, () => Extension>> = { cow: () => cow, race: () => cow,
  policy: () => javascript({ typescript: true }) };

/** In the page's own colours, light and dark. */
const inks = HighlightStyle.define([
  { tag: [tags.keyword, tags.controlKeyword, tags.moduleKeyword], color: 'var(--accent)' },
  { tag: [tags.comment], color: 'var(--quiet)', fontStyle: 'italic' },
  { tag: [tags.string, tags.number, tags.bool], fontWeight: '600' },
]);

const look = EditorView.theme({
  '&': { fontSize: '13px', height: '100%', backgroundColor: 'var(--ground)', color: 'var(--text)' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '20px' },
  '.cm-gutters': { backgroundColor: 'var(--raised)', color: 'var(--quiet)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--raised)' },
  '&.cm-focused .cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-tooltip': { backgroundColor: 'var(--ground)', color: 'var(--text)', border: '1px solid var(--line)' },
});

const editor: EditorModule = {
  open(parent, text, writing, onText) {
    let trouble: Trouble | null = null;
    const language = new Compartment();
    // In a shadow, styles come as sheets, which the page's policy allows; elsewhere they would be elements.
    const root = parent.attachShadow({ mode: 'open' });
    const view = new EditorView({ parent: root, root, doc: text,
      extensions: [syntaxHighlighting(inks), minimalSetup, lineNumbers(), highlightActiveLine(), look,
        EditorView.lineWrapping, language.of(LANGUAGES[writing]()), lintGutter(), linter((of): Diagnostic[] => {
          if (trouble === null) return [];
          const at = of.state.doc.line(Math.min(Math.max(1, trouble.line), of.state.doc.lines));
          return [{ from: at.from, to: at.to, severity: 'error', message: trouble.message }];
        }, { delay: 0, needsRefresh: () => true }),
        EditorView.contentAttributes.of({ 'aria-label': `${writing} text`, tabindex: '0' }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onText(update.state.doc.toString());
        })] });
    return {
      say(said) {
        trouble = said;
        // An empty change asks the linter again.
        view.dispatch({});
      },
      set(other, kind) {
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: other },
          effects: language.reconfigure(LANGUAGES[kind]()) });
      },
      close: () => view.destroy(),
    };
  },
  plain: (text) => transform(text, { transforms: ['typescript', 'imports'], filePath: 'policy.ts' }).code,
};

globalThis.cowlabEditor = editor;
