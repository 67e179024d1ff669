// Catches mistakes, not style. Off on purpose: whatever punishes loops over typed arrays, bit operations and plain
// indexing, which is what the model's hot paths are made of.
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const GLOBALS = [
  ...['Buffer', 'TextDecoder', 'TextEncoder', 'URL', 'clearTimeout', 'console', 'module', 'performance', 'process'],
  ...['queueMicrotask', 'setImmediate', 'setTimeout', 'structuredClone'],
];

export default defineConfig(
  { ignores: ['**/node_modules/', '**/dist/', 'coverage/', 'site/'] },
  {
    files: ['**/*.{js,mjs,cjs}'],
    extends: [js.configs.recommended],
    languageOptions: {
      globals: Object.fromEntries(GLOBALS.map((name) => [name, 'readonly'])),
    },
    rules: { eqeqeq: 'error' },
  },
  {
    files: ['**/*.ts'],
    extends: [js.configs.recommended, tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      // One program for everything, specs included: the packages' own tsconfigs leave the specs out.
      parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],

      // tsc reports these, and better.
      'no-undef': 'off',
      'no-redeclare': 'off',
      // A word of a typed array is a number; comparing it with an enum member is how it is read.
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      // Parsers of traces meet control characters.
      'no-control-regex': 'off',
      // `while (true)` over a work list is how several kernel paths read.
      'no-constant-condition': ['error', { checkLoops: false }],
      // A method of a class that is passed as a callback is bound where it matters; the rule mostly hits jest's expect.
      '@typescript-eslint/unbound-method': 'off',
      // Numbers (vpn, pfn, nr) in messages are the normal case.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // A port may be async although one adapter of it has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    // The front end, the examples and the measurements talk to a terminal.
    files: ['packages/cli/**', 'examples/**', 'bench/**', '**/*.spec.ts'],
    rules: { 'no-console': 'off' },
  },
);
