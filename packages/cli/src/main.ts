/** The process around the command. */
import { main } from './cli.ts';

// `cowlab compare ... | head` closes the pipe early: that is no error, and nobody is left to be told.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    throw error;
  });
}

process.exitCode = await main(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr,
  cwd: process.cwd(), env: process.env });
