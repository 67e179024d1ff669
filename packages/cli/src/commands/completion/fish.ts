/** Completion for fish. */
import type { CommandWords, CompletionWords, Values } from './words.ts';

export function fishScript({ commands, profiles, policies }: CompletionWords): string {
  return `# cowlab completion for fish: cowlab completion fish > ~/.config/fish/completions/cowlab.fish
function __cowlab_joined # what is typed stays, the last piece is completed
    set -l prefix (string replace -r '[^,]*$' '' -- (commandline -ct))
    for word in $argv
        echo $prefix$word
    end
end
function __cowlab_lanes # whole kernels begin a lane; over them only policies are laid
    set -l typed (commandline -ct)
    if string match -qr '\\+[^,]*$' -- $typed
        set -l prefix (string replace -r '[^,+]*$' '' -- $typed)
        for word in ${policies.join(' ')}
            echo $prefix$word
        end
    else
        __cowlab_joined ${[...profiles, ...policies].join(' ')}
    end
end
function __cowlab_files # folders, and files with one of the endings
    for file in (__fish_complete_path (commandline -ct))
        set -l path (string split \\t -- $file)[1]
        for ending in $argv
            if string match -q -- "*/" $path; or string match -q -- "*$ending" $path
                echo $path
                break
            end
        end
    end
end
complete -c cowlab -f
${commands.flatMap(commandLines).join('\n')}
`;
}

function commandLines({ name, summary, options, words, files }: CommandWords): string[] {
  const inside = `-n '__fish_seen_subcommand_from ${name}'`;
  return [
    `complete -c cowlab -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...(words.length === 0 ? [] : [`complete -c cowlab ${inside} -a ${quoted(words.join(' '))}`]),
    ...(files === null
      ? []
      : [
        `complete -c cowlab ${inside} -a ${
          quoted(`(__cowlab_files ${files.map((ending) => `"${ending}"`).join(' ')})`)
        }`,
      ]),
    ...options.map(({ flag, text, value }) =>
      `complete -c cowlab ${inside} -l ${flag.replace(/^--/, '')} -d ${quoted(text)}${
        value === null ? '' : action(value)
      }`
    ),
  ];
}

function action(value: Values): string {
  switch (value.kind) {
    case 'lanes':
      return " -x -a '(__cowlab_lanes)'";
    case 'files':
      return ' -r -F';
    case 'words':
      return ` -x -a ${quoted(value.words.join(' '))}`;
    case 'list':
      return ` -x -a ${quoted(`(__cowlab_joined ${value.words.join(' ')})`)}`;
    case 'none':
      return ' -x';
  }
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
