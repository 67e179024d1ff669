/** Whether a command line asks for code of others, told before anything is loaded. */
const LANES = ['--policies', '--policy', '--profile', '--kernels'];

/** By default code of others runs in a thread of its own; `--isolate` and `--no-isolate` say so for any command. */
export function isIsolated(argv: readonly string[]): boolean {
  if (argv.includes('--no-isolate')) return false;
  return argv.includes('--isolate') || argv.some((word, at) => {
    const [, flag = word, value = argv[at + 1] ?? ''] = /^(--[a-z-]+)=(.*)$/s.exec(word) ?? [];
    if (flag === '--plugin') return true;
    if (flag === '--config') return true;
    return LANES.includes(flag) && value.split(/[,+]/).some((part) => isFile(part.replace(/^[\w.-]+=/, '')));
  });
}

const isFile = (part: string): boolean => /^\s*(\.{0,2}\/|[^:]*\.(ts|mts|js|mjs)\s*(:|$))/.test(part);
