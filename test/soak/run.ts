// `npm run soak`: by default the comparison of provider policies; with `--minutes N` an evening in real time.
if (process.argv.some((argument) => argument.startsWith('--minutes'))) await import('./evening/run.ts')
else await import('./policies.ts')
