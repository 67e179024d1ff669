// ts-jest, and one line more: in jest every module's globals are looked up in a context that Node asks anew each time,
// which makes hot code several times slower. A module that has its own names for them asks once.
import tsJest from 'ts-jest';

const GLOBALS = [
  ...['Array', 'ArrayBuffer', 'BigInt', 'Boolean', 'DataView', 'Error', 'Float64Array', 'Infinity', 'Int32Array',
    'JSON'],
  ...['Map', 'Math', 'NaN', 'Number', 'Object', 'Promise', 'RangeError', 'Set', 'String', 'Symbol', 'TypeError'],
  ...['Uint16Array', 'Uint32Array', 'Uint8Array', 'WeakMap', 'parseInt'],
];

/** Names that the code uses and does not declare; the line stays one line, so that places in stacks are right. */
function named(code) {
  const used = GLOBALS.filter((name) => new RegExp(`(?<![.\\w$'"\`])${name}(?![\\w$]|\\s*:)`).test(code));
  const own = used.filter((name) =>
    new RegExp(
      `\\b(?:const|let|var|class|function|as|import|import type)\\s+${name}\\b|[{,]\\s*${name}\\s*[,}][^;]*\\bfrom\\b`,
    ).test(code)
  );
  const names = used.filter((name) => !own.includes(name));
  return names.length === 0 ? code : `const { ${names.join(', ')} } = globalThis;${code}`;
}

const withNames = (result) => ({ ...result, code: named(result.code) });

export default {
  createTransformer(options) {
    const inner = tsJest.default.createTransformer(options);
    return {
      getCacheKey: (...args) => `${inner.getCacheKey(...args)}-names-2`,
      getCacheKeyAsync: async (...args) => `${await inner.getCacheKeyAsync(...args)}-names-2`,
      process: (...args) => withNames(inner.process(...args)),
      processAsync: async (...args) => withNames(await inner.processAsync(...args)),
    };
  },
};
