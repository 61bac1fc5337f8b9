// What every command gets from the CLI: where to print and when to stop. Commands never touch process.* themselves.
type Output = NodeJS.WritableStream & { isTTY?: boolean; columns?: number }

type Input = NodeJS.ReadableStream & { isTTY?: boolean }

export interface CommandContext {
  /** Only for what is secret, and so is no argument. */
  readonly stdin?: Input
  stdout: Output
  stderr: Output
  env: NodeJS.ProcessEnv
  /** Fires on SIGINT and SIGTERM. */
  signal: AbortSignal
  /** A short-lived ingest pass signed with this installation's secret; undefined where there is no installation. */
  resolveIngestPass?(options: { dataDir?: string }): Promise<string | undefined>
}
