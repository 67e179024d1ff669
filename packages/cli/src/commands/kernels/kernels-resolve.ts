/** `cowlab kernels --resolve`: which profile stands for a kernel, and what that rests on. */
import { type KernelResolution, PROFILES, resolveKernel, type StatedFact } from '@cowlab/composition';
import { paragraph } from '@cowlab/prose';
import { UsageError } from '../../terminal/io.ts';

/** @throws UsageError for what is no kernel's name */
export function resolved(asked: string): KernelResolution {
  const found = resolveKernel(asked);
  if (found !== null) return found;
  const stack = Object.hasOwn(PROFILES, asked) ? PROFILES[asked] : null;
  if (stack === null)
    throw new UsageError(
      `--resolve ${asked}: no kernel is called so; give a release (5.10.223), what uname -r says, or a `
        + 'line of /proc/version',
    );
  return { asked, profile: asked, release: null, exact: true, warnings: ['this was posted and never released'],
    facts: [], range: 'within', stack };
}

export function resolvedData({ asked, profile, release, exact, warnings, facts }: KernelResolution): object {
  return { kind: 'kernel', asked, profile, release, exact, warnings, facts };
}

export function resolvedText({ asked, profile, release, exact, warnings, facts }: KernelResolution): string[] {
  return [
    ...paragraph(asked, 'asked    '),
    `profile  ${profile}`,
    ...(release === null ? [] : [`release  ${release}${exact ? '' : ', as far as its name tells'}`]),
    ...warnings.flatMap((text) => ['', ...paragraph(text, 'warning  ')]),
    ...(facts.length === 0 ? [] : ['', 'It stands on', '', ...facts.flatMap(factText)]),
  ];
}

function factText({ id, text, since, commit, subject, source, note, modelled }: StatedFact): string[] {
  return [
    `${since.padEnd(9)}${id}${modelled ? '' : ' (not modelled)'}`,
    ...paragraph(text, '         '),
    ...paragraph(`${commit ?? '(hash not looked up)'} ${subject}`, '         ', 11),
    ...paragraph(source.join(', ') + (note === null ? '' : `; ${note}`), '         '),
  ];
}
