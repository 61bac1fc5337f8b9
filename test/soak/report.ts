export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

/** As Markdown, so that it can be pasted into the documents. */
export function printTable(rows: readonly Record<string, string | number>[]): void {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  console.log(`| ${names.join(' | ')} |`)
  console.log(`|${names.map(() => '---').join('|')}|`)
  for (const row of rows) console.log(`| ${names.map((name) => row[name] ?? '–').join(' | ')} |`)
}
