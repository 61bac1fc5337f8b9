// What every command gets from the CLI: where to print and when to stop. Commands never touch process.* themselves.
type Output = NodeJS.WritableStream & { isTTY?: boolean; columns?: number }

export interface CommandContext {
  stdout: Output
  stderr: Output
  env: NodeJS.ProcessEnv
  /** Fires on SIGINT and SIGTERM. */
  signal: AbortSignal
  /** A short-lived ingest pass signed with this installation's secret; undefined where there is no installation. */
  resolveIngestPass?(options: { dataDir?: string }): Promise<string | undefined>
}
