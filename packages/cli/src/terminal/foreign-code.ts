/**
 * Policies are code of others that runs in this process. What such code does to the process behind the laboratory's
 * back must not look like an answer: exit code 0 means that something holds.
 */
import { describeError } from './describe-error.ts';

/** What `process.exit` itself calls; Node's types leave it out. */
type ProcessEnds = { reallyExit: (code: number) => never };

/** Until it is called, whoever leaves is foreign code. */
export type Done = () => void;

/**
 * `process.exit` throws from here on, so a hook that leaves is an error of its policy like any other; what throws when
 * nobody waits for it any more ends the process with `code` and one line.
 */
export function guardProcess(code: number): Done {
  let isDone = false;
  const ends = process as unknown as ProcessEnds;
  const leave = ends.reallyExit.bind(process);
  const refuse = (): never => {
    throw new Error('calls process.exit, which a policy may not');
  };
  process.exit = refuse;
  ends.reallyExit = refuse;
  process.abort = refuse;
  const late = (cause: unknown): void => {
    process.stderr.write(`cowlab: ${describeLate(cause)}\n`);
    leave(code);
  };
  process.on('uncaughtException', late);
  process.on('unhandledRejection', late);
  process.on('exit', () => {
    if (isDone) return;
    // Nothing is left that could go on, and no answer was given.
    process.stderr.write('cowlab: the work ended before its answer; leave out policies of others to see which\n');
    process.exitCode = code;
  });
  return () => void (isDone = true);
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
