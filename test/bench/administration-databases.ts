// Where the jobs of the administration benchmark lie, and what is done to them past the program.
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { type BenchPostgres, withClient } from './bench-postgres.ts'
import { generateJobs } from './generate-jobs.ts'
import { generateJobsOnPostgres } from './generate-jobs-postgres.ts'

export interface JobsDatabase {
  /** Of the program that uses it. */
  env: Record<string, string>
  /** The program has made it. */
  generate(count: number, onProgress: (done: number) => void): Promise<void>
  /** The newest jobs whose results have been purged already. */
  listPurged(atMost: number): Promise<string[]>
  /** Gives them results anew, whose time is over. */
  restoreResults(ids: readonly string[]): Promise<void>
}

/** Makes the one that belongs to a data directory. */
export type MakeJobsDatabase = (dataDir: string, name: string) => Promise<JobsDatabase>

const purgedJobs = `select id from jobs where result_file_path is null and result_expires_at is not null
  order by finalized_at desc limit`

export const inSqlite: MakeJobsDatabase = async (dataDir) => {
  const path = join(dataDir, 'photochanger.db')
  return {
    env: {},
    async generate(count, onProgress) {
      generateJobs({ databasePath: path, count, now: Date.now(), onProgress })
    },
    async listPurged(atMost) {
      const file = new Sqlite(path, { readonly: true })
      const rows = file.prepare<[number], { id: string }>(`${purgedJobs} ?`).all(atMost)
      file.close()
      return rows.map(({ id }) => id)
    },
    async restoreResults(ids) {
      const file = new Sqlite(path)
      const update = file.prepare('update jobs set result_file_path = ? where id = ?')
      file.transaction(() => {
        for (const id of ids) update.run(`results/${id}.jpg`, id)
      })()
      file.pragma('wal_checkpoint(truncate)')
      file.close()
    },
  }
}

export const inPostgres =
  (postgres: BenchPostgres): MakeJobsDatabase =>
  async (_dataDir, name) => {
    const url = await postgres.makeDatabase(name)
    return {
      env: { PHOTOCHANGER_DATABASE_URL: url },
      generate: (count, onProgress) => generateJobsOnPostgres({ url, count, now: Date.now(), onProgress }),
      listPurged: (atMost) =>
        withClient(url, async (client) => {
          const { rows } = await client.query<{ id: string }>(`${purgedJobs} $1`, [atMost])
          return rows.map(({ id }) => id)
        }),
      restoreResults: (ids) =>
        withClient(url, async (client) => {
          await client.query(
            `update jobs set result_file_path = 'results/' || id || '.jpg' where id = any($1)`,
            [ids],
          )
          await client.query('checkpoint')
        }),
    }
  }
