/** `cowlab completion`: a script for the shell, made of the commands as they are. */
import { didYouMean } from '@cowlab/prose';
import type { Command } from 'commander';
import { type Ends, EXIT, type Io, UsageError } from '../../terminal/io.ts';
import { openHere } from '../../terminal/open-here.ts';
import { SHELLS } from './shells.ts';

export function addCompletion(program: Command, io: Io, ends: Ends): void {
  program.command('completion')
    .summary('for bash, zsh and fish')
    .description('Print a script that completes commands, options, lanes and files.')
    .argument('<shell>', SHELLS.join(', '))
    .option('--json', 'print what is completed, as data')
    .addHelpText('after', `
Lanes are completed after commas and plus signs too. Policies and profiles
of a cowlab.config.ts in this folder are among them.

bash and zsh: put this into ~/.bashrc or ~/.zshrc
  eval "$(cowlab completion bash)"
fish:
  cowlab completion fish > ~/.config/fish/completions/cowlab.fish

Example:
  $ cowlab completion bash`)
    .action(async (shell: string, { json }: { json?: boolean }) => {
      const known = SHELLS.find((name) => name === shell);
      if (known === undefined)
        throw new UsageError(`there is no completion for '${shell}'; ${didYouMean(shell, SHELLS)}`);
      const [{ wordsOf }, { bashScript, zshScript }, { fishScript }] = await Promise.all([import('./words.ts'),
        import('./bash.ts'), import('./fish.ts')]);
      const words = wordsOf(program, (await openHere(io)).catalogue);
      const script = { bash: bashScript, zsh: zshScript, fish: fishScript }[known];
      io.stdout.write(json === true ? `${JSON.stringify({ kind: 'completion', ...words }, null, 2)}\n` : script(words));
      ends(EXIT.holds);
    });
}
