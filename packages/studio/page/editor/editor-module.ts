/** What the page knows of the editor, and how it comes by it. */

export type Writing = 'cow' | 'race' | 'policy';

/** Where the text is wrong, and how it is mended. */
export interface Trouble {
  readonly line: number;
  readonly message: string;
}

export interface Editing {
  say(trouble: Trouble | null): void;
  set(text: string, writing: Writing): void;
  close(): void;
}

export interface EditorModule {
  open(parent: HTMLElement, text: string, writing: Writing, onText: (text: string) => void): Editing;
  /** TypeScript or JavaScript as JavaScript that fills `exports`. @throws SyntaxError */
  plain(text: string): string;
}

declare global {
  // A property of the window can be declared in no other way.
  var cowlabEditor: EditorModule | undefined;
}

/** Its text came with the page; it is run now, and the page's policy knows its hash. */
export function loadEditor(): EditorModule {
  if (globalThis.cowlabEditor === undefined) {
    const script = document.createElement('script');
    script.textContent = document.getElementById('cowlab-editor')?.textContent ?? '';
    script.dataset.made = '';
    document.head.append(script);
  }
  if (globalThis.cowlabEditor === undefined) throw new Error('this page came without its editor');
  return globalThis.cowlabEditor;
}
