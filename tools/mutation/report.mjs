// Mutants as a person reads them, and how many of which subject are alive.

export function report({ file, line, kind, was, is }) {
  return `${file}:${line} ${kind}\n  - ${cut(was)}\n  + ${cut(is)}`;
}

const cut = (text) => (text.length <= 200 ? text : `${text.slice(0, 197)}...`);

/** Of the mutants that change something: killed, by subject. */
export function tableOf(came, subjectOf) {
  const rows = new Map();
  for (const mutant of came) {
    const subject = subjectOf(mutant.file);
    const row = rows.get(subject) ?? { subject, killed: 0, alive: 0, equivalent: 0, invalid: 0 };
    row[mutant.came]++;
    rows.set(subject, row);
  }
  const sum = { subject: 'all', killed: 0, alive: 0, equivalent: 0, invalid: 0 };
  for (const row of rows.values()) for (const key of ['killed', 'alive', 'equivalent', 'invalid']) sum[key] += row[key];
  const told = [...rows.values(), sum].map((row) => ({ ...row,
    share: row.killed + row.alive === 0 ? null : Math.round(1000 * row.killed / (row.killed + row.alive)) / 10 })
  );
  const text = [['subject', 'killed', 'alive', 'equivalent', 'not valid', '%'],
    ...told.map((row) => [row.subject, row.killed, row.alive, row.equivalent, row.invalid, row.share ?? '-'])]
    .map(([name, ...numbers]) => `${String(name).padEnd(34)}${numbers.map((n) => String(n).padStart(11)).join('')}`)
    .join('\n');
  return { rows: told, text };
}
