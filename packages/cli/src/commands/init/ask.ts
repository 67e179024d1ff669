/** What `cowlab init` asks somebody who sits at a terminal and has not said it all. */
import { UsageError } from '../../terminal/io.ts';
import { hasCode, type Kind, KINDS, type Language, LANGUAGES, type Runner, RUNNERS } from './wanted.ts';

export interface Said {
  readonly kind: Kind | null;
  readonly name: string | null;
  readonly lang: Language | null;
  readonly runner: Runner | null;
}

export interface Answers {
  readonly kind: Kind;
  readonly name: string;
  readonly lang: Language;
  readonly runner: Runner;
}

const ABOUT: Readonly<Record<Kind, string>> = { policy: "answers the model's questions: share or copy this page?",
  experiment: 'varies a parameter and measures', scenario: 'a short program and what becomes of it',
  race: 'two programs at once, in every order' };

/** The library that asks is only loaded here. */
export async function ask(
  { kind, name, lang, runner }: Said,
  problemOf: (name: string) => string | null,
): Promise<Answers> {
  const clack = await import('@clack/prompts');
  const answered = async <T>(question: Promise<T>): Promise<Exclude<T, symbol>> => {
    const answer = await question;
    if (clack.isCancel(answer)) throw new UsageError('nothing was written; cowlab init KIND NAME --yes asks nothing');
    return answer as Exclude<T, symbol>;
  };
  const theKind = kind
    ?? await answered(
      clack.select({ message: 'What will it be?',
        options: KINDS.map((value) => ({ value, label: value, hint: ABOUT[value] })) }),
    );
  const theName = name
    ?? await answered(
      clack.text({ message: 'Its name?', placeholder: `my-${theKind}`,
        validate: (value) => problemOf(value ?? '') ?? undefined }),
    );
  if (!hasCode(theKind)) return { kind: theKind, name: theName, lang: 'ts', runner: 'node' };
  const theLang = lang
    ?? await answered(
      clack.select({ message: 'TypeScript or JavaScript?',
        options: LANGUAGES.map((value) => ({ value, label: value === 'ts' ? 'TypeScript' : 'JavaScript' })) }),
    );
  const theRunner = runner
    ?? await answered(
      clack.select({ message: 'Which test runner?',
        options: RUNNERS.map((value) => ({ value, label: value,
          ...(value === 'node' && { hint: 'comes with Node' }) })
        ) }),
    );
  return { kind: theKind, name: theName, lang: theLang, runner: theRunner };
}
