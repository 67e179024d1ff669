/** What somebody writes, and what comes of it: run at once, in a worker that may be ended. */
import { signal } from '@preact/signals';
import { ScenarioError } from '@cowlab/scenario';
import type { Trouble, Writing } from './editor/editor-module.ts';
import { openSession } from './state.ts';
import { asked, askedWith } from './work/worker.ts';

export const writing = signal<Writing>('cow');
/** By what is written. */
export const texts = signal<Readonly<Record<Writing, string>>>({
  cow: 'question Who sees what?\n\nmmap 0 0 anon 4\nwrite 0 0 0 1\npin 0 0 0 0 1\nfork 0 1\nwrite 0 0 0 2\n',
  race: 'question Can a fast GUP pin a page that fork() then shares all the same?\nmmap 0 0 anon 1\nwrite 0 0 0 1\n\n'
    + 'actor A\n  fork 0 1\nactor B\n  gupfast 0 0 0 0 1\n\ncheck linux-5.9 sc broken\n',
  policy: "import { definePolicy } from 'cowlab/policy';\n\nexport default definePolicy({\n  id: 'mine',\n"
    + "  summary: 'Copy pages that may be pinned during fork().',\n"
    + "  onForkPage: (page) => (page.maybeDmaPinned ? 'copy' : undefined),\n});\n",
});
/** As `--policies` takes them; empty for those that the text names. */
export const lanesAsked = signal('');
export const wrong = signal<Trouble | null>(null);
/** How long the last answer took, from the key to the session. */
export const took = signal(0);

const RUN_MS = 5000;
let latest = 0;

const inText = (error: unknown): Trouble => {
  const message = error instanceof Error ? error.message : String(error);
  const line = error instanceof ScenarioError ? error.line : Number(/^[^:\s]*:(\d+)/.exec(message)?.[1] ?? 1);
  return { line, message };
};

/** `plain` takes a policy's types away. */
export async function run(plain: (text: string) => string): Promise<void> {
  const mine = ++latest;
  const began = performance.now();
  try {
    const { cow, policy } = texts.value;
    const lanes = lanesAsked.value.trim() === '' ? null : lanesAsked.value.trim();
    const name = 'written.cow';
    if (writing.value === 'policy') {
      const code = plain(policy);
      const raw = await askedWith(code, async (remote) => {
        const id = await remote.policyId();
        return remote.run(cow, name, lanes ?? `naive-cow,${id},linux-6.18`);
      }, RUN_MS);
      if (mine === latest) openSession({ kind: 'scenario', name, text: cow, lanes: null }, raw);
    } else {
      const raw = await asked((remote) => remote.run(cow, name, lanes), RUN_MS);
      if (mine === latest) openSession({ kind: 'scenario', name, text: cow, lanes }, raw);
    }
    if (mine !== latest) return;
    wrong.value = null;
    took.value = performance.now() - began;
  } catch (error) {
    if (mine === latest) wrong.value = inText(error);
  }
}
