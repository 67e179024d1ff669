// `npm run format` writes the one layout of the whole tree, `npm run format -- --check` names the files that have another.
// dprint's own plugins in this process: its command would fetch them from a network.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { createContext } from '@dprint/formatter';
import * as json from '@dprint/json';
import * as markdown from '@dprint/markdown';
import * as typescript from '@dprint/typescript';
import { root } from './workspace.mjs';

const GLOBAL = { indentWidth: 2, lineWidth: 120, newLineKind: 'lf', useTabs: false };
const TYPESCRIPT = {
  quoteStyle: 'preferSingle',
  'operatorPosition': 'nextLine',
  // Filled lists stay filled: tables of numbers and names are read as tables.
  preferHanging: true,
  preferSingleLine: false,
  'parameters.preferHanging': 'never',
  'importDeclaration.preferHanging': true,
  'exportDeclaration.preferHanging': true,
  'objectExpression.preferHanging': true,
  'arrowFunction.useParentheses': 'force',
  useBraces: 'maintain',
  singleBodyPosition: 'maintain',
  'enumDeclaration.memberSpacing': 'maintain',
  'module.sortImportDeclarations': 'maintain',
  'module.sortExportDeclarations': 'maintain',
  'importDeclaration.sortNamedImports': 'maintain',
  'exportDeclaration.sortNamedExports': 'maintain',

  'commentLine.forceSpaceAfterSlashes': false,
  quoteProps: 'preserve',
  'typeLiteral.separatorKind': 'semiColon',
  nextControlFlowPosition: 'sameLine',
  'binaryExpression.linePerExpression': false,
  'memberExpression.linePerExpression': false,
};

/** Pages have a context of their own: the code in them is shown as its author laid it out. */
function formatters() {
  const code = createContext(GLOBAL);
  code.addPlugin(readFileSync(typescript.getPath()), TYPESCRIPT);
  code.addPlugin(readFileSync(json.getPath()), { 'array.preferSingleLine': false });
  const pages = createContext(GLOBAL);
  pages.addPlugin(readFileSync(markdown.getPath()), { textWrap: 'maintain', emphasisKind: 'asterisks',
    unorderedListKind: 'dashes' });
  return (file) => (file.endsWith('.md') ? pages : code);
}

/** Tracked files of the kinds that are formatted; the lock file and what a generator writes have their own layout. */
function files() {
  const listed = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts', '*.tsx', '*.mjs', '*.cjs', '*.js',
    '*.json', '*.md'], { cwd: root, encoding: 'utf8' });
  return listed.stdout.split('\n').filter((file) =>
    file !== '' && !file.startsWith('docs/matrix.md') && !file.startsWith('docs/suite-cow.md')
    && !file.endsWith('.wasm.ts')
  );
}

/** Returns the files whose layout is another one; with `write` they have it no more. */
export function format({ write, only = files() }) {
  const contextOf = formatters();
  return only.filter((file) => {
    const path = join(root, file);
    const before = readFileSync(path, 'utf8');
    let after;
    try {
      after = contextOf(file).formatText({ filePath: path, fileText: before });
    } catch (cause) {
      throw new Error(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
    if (after === before) return false;
    if (write) writeFileSync(path, after);
    return true;
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const args = process.argv.slice(2);
  const check = args.includes('--check');
  const named = args.filter((arg) => !arg.startsWith('--'));
  const odd = format({ write: !check, ...(named.length > 0 && { only: named }) });
  for (const file of odd) console.log(check ? `${file}: another layout; npm run format` : file);
  process.exitCode = check && odd.length > 0 ? 1 : 0;
}
