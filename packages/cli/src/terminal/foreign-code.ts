/**
 * Policies are code of others that runs in this process. What such code does to the process behind the laboratory's
 * back must not look like an answer: exit code 0 means that something holds.
 */
import { describeError } from './describe-error.ts';

/** What `process.exit` itself calls; Node's types leave it out. */
export type ProcessEnds = { reallyExit: (code: number) => never };

/**
 * `process.exit` throws from here on, so a hook that leaves is an error of its policy like any other. What throws when
 * nobody waits for it any more is handed to `onLate`, as one line.
 */
export function guardProcess(onLate: (line: string) => void): void {
  const refuse = (): never => {
    throw new Error('calls process.exit, which a policy may not');
  };
  process.exit = refuse;
  process.abort = refuse;
  (process as unknown as ProcessEnds).reallyExit = refuse;
  const late = (cause: unknown): void => onLate(describeLate(cause));
  process.on('uncaughtException', late);
  process.on('unhandledRejection', late);
}

function describeLate(cause: unknown): string {
  const { stack = '' } = cause as { readonly stack?: string };
  // The file that a policy of others was read from stands in the first frame.
  const [, file] = /\(?((?:\/|file:)[^\s()]*\.[cm]?[jt]s):\d+/.exec(stack) ?? [];
  const line = describeError(cause).replace(/^internal error: (.*?); COWLAB_DEBUG.*$/s, '$1');
  return file === undefined || /\/(packages|node_modules)\/.*\/dist\//.test(file)
    ? describeError(cause)
    : `${file.replace(/^file:\/\//, '')} threw when nobody waited for it any more: ${line}; mend that policy`;
}
