// Which files of the media store the rows of a database name, and so belong into its backup.
import type { Query } from '../db/database.ts'
import { thumbnailKey } from '../media/keys.ts'
import { usableOf } from '../media/template.ts'

export interface NamedFile {
  key: string
  /** A thumbnail is made again at need. */
  isOptional: boolean
}

const pageRows = 1000

export async function* listNamedFiles(query: Query): AsyncGenerator<NamedFile, void, undefined> {
  for (const row of await query.selectFrom('template_media').select(['id', 'path', 'mime']).execute())
    for (const key of new Set([row.path, usableOf(row).path])) yield { key, isOptional: false }
  const objects = await query
    .selectFrom('media_objects')
    .select('path')
    .where('path', 'is not', null)
    .execute()
  for (const { path } of objects) if (path !== null) yield { key: path, isOptional: false }
  for (let after = ''; ; ) {
    const jobs = await query
      .selectFrom('jobs')
      .select(['id', 'is_finalized', 'payload_path', 'result_file_path'])
      .where('id', '>', after)
      .where((eb) => eb.or([eb('result_file_path', 'is not', null), eb('is_finalized', '=', 0)]))
      .orderBy('id')
      .limit(pageRows)
      .execute()
    for (const { id, is_finalized, payload_path, result_file_path } of jobs) {
      if (is_finalized === 0) yield { key: payload_path, isOptional: false }
      if (result_file_path === null) continue
      yield { key: result_file_path, isOptional: false }
      yield { key: thumbnailKey(id), isOptional: true }
    }
    const last = jobs.at(-1)
    if (!last) return
    after = last.id
  }
}
