// Is a tarball what a registry's users can use? publint and arethetypeswrong are asked: `node tools/check-tarballs.mjs FILE...`
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import * as attw from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** ESM alone is what we pack: that CommonJS of old, and resolution without `exports`, find nothing is no mistake. */
const NOT_OURS = new Set(['node10', 'node16-cjs']);

const hasCode = ({ exports = {} }) => Object.keys(exports).some((name) => name !== './package.json');

/** What publint and arethetypeswrong have against a tarball. */
export async function complaintsAbout(path) {
  const bytes = readFileSync(path);
  const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  const { types, problems } = await attw.checkPackage(attw.createPackageFromTarballData(new Uint8Array(bytes)));
  return [
    ...messages.filter(({ type }) => type !== 'suggestion').map((message) => formatMessage(message, pkg)),
    // A package that is a command alone has nothing to be typed.
    ...(types === false ? (hasCode(pkg) ? ['it has no types'] : []) : problems)
      .filter(({ resolutionKind, resolutionOption }) =>
        !NOT_OURS.has(resolutionKind) && !NOT_OURS.has(resolutionOption)
      )
      .map((problem) => (typeof problem === 'string' ? problem : JSON.stringify(problem))),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const path of process.argv.slice(2)) {
    for (const complaint of await complaintsAbout(path)) {
      console.log(`${path}: ${complaint}`);
      process.exitCode = 1;
    }
  }
}
