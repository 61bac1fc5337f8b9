// How a database goes about a query, told alike for both.
import { CompiledQuery, sql } from 'kysely'
import type { Database, Query } from '../../src/db/database.ts'

interface Step {
  /** Undefined: a whole table. */
  index: string | undefined
  /** Only a part of it is read. */
  isRange: boolean
}

export interface QueryPlan {
  /** How rows of the table are found. */
  steps: Step[]
  sorts: number
}

export const explain = (db: Database, table: string, select: CompiledQuery): Promise<QueryPlan> =>
  db.migrationVariant === 'postgres'
    ? explainPostgres(db.query, table, select)
    : explainSqlite(db.query, table, select)

async function explainSqlite(query: Query, table: string, { sql: text, parameters }: CompiledQuery) {
  const { rows } = await query.executeQuery<{ detail: string }>(
    CompiledQuery.raw(`explain query plan ${text}`, [...parameters]),
  )
  const found = rows.map(({ detail }) =>
    new RegExp(`^(SCAN|SEARCH) ${table}(?: USING (?:COVERING )?INDEX (\\w+))?`).exec(detail),
  )
  return {
    steps: found.flatMap((step) => (step ? [{ index: step[2], isRange: step[1] === 'SEARCH' }] : [])),
    sorts: rows.filter(({ detail }) => detail.startsWith('USE TEMP B-TREE')).length,
  }
}

interface PostgresNode {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Index Cond'?: string
  Plans?: PostgresNode[]
}

/** It reads a small table as a whole, which is quicker; here it may only where nothing else is possible. */
const asIfLarge = ['seqscan', 'hashjoin', 'mergejoin', 'bitmapscan', 'sort']

async function explainPostgres(query: Query, table: string, { sql: text, parameters }: CompiledQuery) {
  const [root] = await query.transaction().execute(async (tx) => {
    for (const way of asIfLarge) await sql.raw(`set local enable_${way} = off`).execute(tx)
    const { rows } = await tx.executeQuery<{ 'QUERY PLAN': { Plan: PostgresNode }[] }>(
      CompiledQuery.raw(`explain (format json) ${text}`, [...parameters]),
    )
    return rows[0]?.['QUERY PLAN'] ?? []
  })
  const nodes = root ? listNodes(root.Plan) : []
  return {
    steps: nodes
      .filter((node) => node['Relation Name'] === table)
      .map((node) => ({ index: node['Index Name'], isRange: node['Index Cond'] !== undefined })),
    sorts: nodes.filter((node) => node['Node Type'].endsWith('Sort')).length,
  }
}

const listNodes = (node: PostgresNode): PostgresNode[] => [node, ...(node.Plans ?? []).flatMap(listNodes)]
