/** Completion for bash; zsh runs the same through bashcompinit. */
import type { CommandWords, CompletionWords, Values } from './words.ts';

export function bashScript({ commands, profiles, policies }: CompletionWords): string {
  const names = commands.map(({ name }) => name);
  return `# cowlab completion for bash: eval "$(cowlab completion bash)", or keep it in a file that is sourced.
_cowlab_prefixed() { # words joined by one of the separators: what is typed stays, the last piece is completed
  local separators=$1 prefix='' piece=$cur word
  shift
  if [[ $cur == *[$separators]* ]]; then
    piece=\${cur##*[$separators]}
    prefix=\${cur%"$piece"}
  fi
  for word in "$@"; do
    [[ $word == "$piece"* ]] && COMPREPLY+=("$prefix$word")
  done
  compopt -o nospace 2> /dev/null || : # zsh has none
}
_cowlab_lanes() { # whole kernels begin a lane; over them only policies are laid
  local lane=\${cur##*,}
  if [[ $lane == *+* ]]; then
    _cowlab_prefixed ',+' ${policies.join(' ')}
  else
    _cowlab_prefixed ',' ${[...profiles, ...policies].join(' ')}
  fi
}
_cowlab_words() {
  local word
  for word in "$@"; do
    [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
  done
}
_cowlab_files() { # folders, and files with one of the endings
  local file ending
  while IFS= read -r file; do
    if [[ -d $file ]]; then
      COMPREPLY+=("$file/")
      compopt -o nospace 2> /dev/null || : # zsh has none
    else
      for ending in "$@"; do
        [[ $file == *"$ending" ]] && COMPREPLY+=("$file") && break
      done
    fi
  done < <(compgen -f -- "$cur")
}
_cowlab() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    _cowlab_words ${names.join(' ')} --help --version
    return
  fi
  case $command in
${commands.map(commandCase).join('\n')}
  esac
}
complete -F _cowlab cowlab
`;
}

function commandCase({ name, options, words, files }: CommandWords): string {
  const valued = options.flatMap((
    { flag, value },
  ) => (value === null ? [] : [`        ${flag}) ${action(value)}; return ;;`]));
  const flags = [...options.map(({ flag }) => flag), '--help'].join(' ');
  return `    ${name})
      case $prev in
${valued.join('\n')}
      esac
      if [[ $cur == -* ]]; then
        _cowlab_words ${flags}
      else
        ${
    [...(words.length > 0 ? [`_cowlab_words ${words.map(quoted).join(' ')}`] : []),
      ...(files === null ? [] : [`_cowlab_files ${files.map((ending) => `'${ending}'`).join(' ')}`]), ':'].join(
        '\n        ',
      )
  }
      fi
      ;;`;
}

function action(value: Values): string {
  switch (value.kind) {
    case 'lanes':
      return '_cowlab_lanes';
    case 'files':
      return "_cowlab_files ''";
    case 'words':
      return `_cowlab_words ${value.words.map(quoted).join(' ')}`;
    case 'list':
      return `_cowlab_prefixed ',' ${value.words.map(quoted).join(' ')}`;
    case 'none':
      return ':';
  }
}

const quoted = (word: string): string => (/^[\w.-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

export function zshScript(words: CompletionWords): string {
  return `#compdef cowlab
autoload -U +X compinit && (( \${+functions[compdef]} )) || compinit
autoload -U +X bashcompinit && bashcompinit
${bashScript(words).replace(/^#.*\n/, '# cowlab completion for zsh: eval "$(cowlab completion zsh)"\n')}`;
}
