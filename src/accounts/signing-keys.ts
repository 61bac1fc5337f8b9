// The keys that sign access tokens: never stored, but derived from a secret and a number, the generation, which is.
// A new generation is a new key, in every process from its next request on.
import type { Database, Query } from '../db/database.ts'
import type { Clock } from '../lib/clock.ts'
import { deriveKey } from '../lib/crypto.ts'
import { keyIdOf, type Secrets } from '../lib/sealed.ts'

/** No token lives longer: so long a key that signs no more is still of use. */
export const maxLifetimeSec = 12 * 3600

export interface SigningKey {
  /** Names secret and generation; tells nothing about the secret. */
  id: string
  tokens: Buffer
  csrf: Buffer
}

interface SigningKeysDeps {
  db: Database
  clock: Clock
  secrets: Secrets
  /** Writes into the audit log, inside the transaction. */
  recordAudit(
    tx: Query,
    entry: { actor: string; action: string; target: string; after: unknown },
  ): Promise<void>
}

export type SigningKeys = ReturnType<typeof createSigningKeys>

export function createSigningKeys({ db, clock, secrets, recordAudit }: SigningKeysDeps) {
  /** Whether its generation is still accepted is not looked at. */
  function derive(id: string): SigningKey | undefined {
    const [secretId, generation] = id.split('-')
    const secret = secrets.list().find((candidate) => keyIdOf(candidate) === secretId)
    return secret === undefined ? undefined : keyOf(secret, Number(generation))
  }

  return {
    derive,

    /** The one that signs. */
    async current(): Promise<SigningKey> {
      const [secret] = secrets.list()
      if (secret === undefined) throw new Error('an installation without a secret')
      const { generation } = await newest(db.query)
      return keyOf(secret, generation)
    },

    /** Undefined when it is not known or not accepted any more. */
    async find(id: string): Promise<SigningKey | undefined> {
      const generation = /^[0-9a-f]{16}-([1-9]\d{0,8})$/.exec(id)?.[1]
      if (generation === undefined) return undefined
      const accepted = await db.query
        .selectFrom('token_generations')
        .selectAll()
        .where('generation', '=', Number(generation))
        .executeTakeFirst()
      const isAccepted = accepted && (accepted.accepted_until ?? Number.POSITIVE_INFINITY) > clock.now()
      if (!isAccepted) return undefined
      if (!derive(id)) await secrets.reload()
      return derive(id)
    },

    /**
     * Signs with a new key from now on. Tokens of the one before stay good until they expire, unless `endsTokens`.
     * Returns until when they are accepted (epoch ms), undefined where they are not.
     */
    rotate({ endsTokens, actor }: { endsTokens: boolean; actor: string }): Promise<number | undefined> {
      return db.write(async (tx) => {
        const now = clock.now()
        const { generation } = await newest(tx)
        const acceptedUntil = endsTokens ? undefined : now + maxLifetimeSec * 1000
        if (acceptedUntil === undefined) await tx.deleteFrom('token_generations').execute()
        else {
          await tx
            .updateTable('token_generations')
            .set({ accepted_until: acceptedUntil })
            .where('generation', '=', generation)
            .execute()
          await tx.deleteFrom('token_generations').where('accepted_until', '<=', now).execute()
        }
        await tx
          .insertInto('token_generations')
          .values({ generation: generation + 1, accepted_until: null })
          .execute()
        await recordAudit(tx, {
          actor,
          action: 'tokens.rotated',
          target: 'access-tokens',
          after: { generation: generation + 1, ends_tokens: endsTokens },
        })
        return acceptedUntil
      })
    },
  }
}

const newest = (query: Query) =>
  query
    .selectFrom('token_generations')
    .select('generation')
    .where('accepted_until', 'is', null)
    .executeTakeFirstOrThrow()

const keyOf = (secret: string, generation: number): SigningKey => ({
  id: `${keyIdOf(secret)}-${generation}`,
  tokens: deriveKey(secret, `access-tokens-${generation}`),
  csrf: deriveKey(secret, `csrf-tokens-${generation}`),
})
