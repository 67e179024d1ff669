// One TypeScript program of everything: it knows the types of arguments, and which mutants no compiler would let pass.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../workspace.mjs';

/** Something is not used any more: a mutant that only that gives away is not counted as caught by the compiler. */
const UNUSED = new Set([6133, 6138, 6192, 6196, 6198]);

export class Compiler {
  #changed = null;
  #version = 0;
  #service;

  constructor() {
    const { config } = ts.readConfigFile(join(root, 'tsconfig.check.json'), ts.sys.readFile);
    // Only what is mutated and what it imports: specs would be checked for nothing.
    const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ['tools/none.ts'] }, ts.sys,
      root);
    const { fileNames } = ts.parseJsonConfigFileContent({ ...config,
      include: ['packages/core/src', 'packages/scenario/src', 'packages/checker/src', 'plugins/*/src'],
      exclude: ['**/*.spec.ts', '**/dist', '**/node_modules'] }, ts.sys, root);
    this.#service = ts.createLanguageService({
      getCompilationSettings: () => options,
      getScriptFileNames: () => fileNames,
      getScriptVersion: (file) => (file === this.#changed?.path ? String(this.#version) : '0'),
      getScriptSnapshot: (file) => {
        if (file === this.#changed?.path) return ts.ScriptSnapshot.fromString(this.#changed.text);
        return existsSync(file) ? ts.ScriptSnapshot.fromString(readFileSync(file, 'utf8')) : undefined;
      },
      getCurrentDirectory: () => root,
      getDefaultLibFileName: (settings) => ts.getDefaultLibFilePath(settings),
      fileExists: ts.sys.fileExists,
      readFile: ts.sys.readFile,
      readDirectory: ts.sys.readDirectory,
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
    });
  }

  checker() {
    return this.#service.getProgram().getTypeChecker();
  }

  sourceOf(path) {
    return this.#service.getProgram().getSourceFile(path);
  }

  /** What the compiler says against this text in place of the file's own; null: nothing. */
  refuses(path, text) {
    this.#changed = { path, text };
    this.#version++;
    const [first] = [...this.#service.getSyntacticDiagnostics(path), ...this.#service.getSemanticDiagnostics(path)]
      .filter(({ code }) => !UNUSED.has(code));
    return first === undefined ? null : ts.flattenDiagnosticMessageText(first.messageText, ' ');
  }
}
