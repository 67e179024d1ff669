/** Verdicts as OpenMetrics text, for whoever watches programs over time. */
import { documentOf, type Verdict } from '@cowlab/verdict';

type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly (readonly [labels: Labels, value: number])[];
}

const WORDS = ['SAFE', 'UNNEEDED', 'DEPENDS', 'UNSAFE'];

/** @see the OpenMetrics specification: families are whole, and `# EOF` ends the text */
export function openMetricsOf(verdicts: readonly Verdict[]): string {
  return [...familiesOf(verdicts).flatMap(textOf), '# EOF'].join('\n');
}

function familiesOf(verdicts: readonly Verdict[]): Family[] {
  const each = (of: (verdict: Verdict, labels: Labels) => Family['samples'][number][]): Family['samples'] =>
    verdicts.flatMap((verdict) => of(verdict, { recording: verdict.name }));
  return [
    { name: 'cowlab_verdict', help: 'Verdict of a kernel: 0 SAFE, 1 UNNEEDED, 2 DEPENDS, 3 UNSAFE.',
      samples: each(({ kernels }, labels) =>
        kernels.map(({ kernel, verdict }) => [{ ...labels, kernel }, WORDS.indexOf(verdict)])
      ) },
    { name: 'cowlab_hazards', help: 'Hazards found, by verdict.', samples: each(hazards) },
    { name: 'cowlab_held_ranges', help: 'Ranges of memory that something outside of the program held.',
      samples: each(({ evidence }, labels) => [[labels, evidence.story.holds.length]]) },
    { name: 'cowlab_unseen_holds', help: 'Holders whose memory the recording does not name.',
      samples: each(({ evidence }, labels) => [[labels, evidence.story.unseen.length]]) },
    { name: 'cowlab_forks', help: 'Forks that copied an address space.',
      samples: each(({ evidence }, labels) => [[labels, evidence.story.forks.length]]) },
    { name: 'cowlab_early_copied_pages', help: 'Pages that kernels since 5.9 copy at fork because they are held.',
      samples: each((verdict, labels) => [[labels, earlyCopies(verdict)]]) },
    { name: 'cowlab_mappings_peak', help: 'Most mappings of one address space.', samples: each((
      { evidence: { story } },
      labels,
    ) => [[labels, Math.max(0, ...story.mms.map(({ peak }) => peak.nr))]]) },
    { name: 'cowlab_model_differences', help: 'Places where the model of the recorded kernel is at fault.',
      samples: each(({ replay }, labels) => (replay === null ? [] : [[labels, replay.differences.length]])) },
    { name: 'cowlab_audited_faults', help: 'Recorded faults on private memory, by whether the model explains them.',
      samples: each(audited) },
  ];
}

function hazards(verdict: Verdict, labels: Labels): [Labels, number][] {
  const counts = new Map<string, number>();
  for (const { hazard, verdict: word } of documentOf(verdict).hazards as readonly { hazard: string | null;
    verdict: string | null }[])
  {
    const key = `${hazard ?? 'not-shown'} ${word ?? 'NOTE'}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, nr]) => {
    const [hazard = '', word = ''] = key.split(' ');
    return [{ ...labels, hazard, verdict: word }, nr];
  });
}

function earlyCopies(verdict: Verdict): number {
  const { forks } = documentOf(verdict) as unknown as { readonly forks: readonly { cost: { earlyCopies: number } }[] };
  return forks.reduce((sum, { cost }) => sum + cost.earlyCopies, 0);
}

function audited({ replay }: Verdict, labels: Labels): [Labels, number][] {
  const audit = replay?.audit ?? null;
  if (audit === null) return [];
  return [[{ ...labels, explained: 'yes' }, audit.faults - audit.nrUnexplained], [{ ...labels, explained: 'no' },
    audit.nrUnexplained]];
}

function textOf({ name, help, samples }: Family): string[] {
  if (samples.length === 0) return [];
  return [`# TYPE ${name} gauge`, `# HELP ${name} ${help}`, ...samples.map(([labels, value]) => {
    const inner = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`).join(',');
    return `${name}{${inner}} ${value}`;
  })];
}

const escaped = (text: string): string => text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
