// users: administrators' accounts. Passwords are made by the program and printed once.
import { userInfo } from 'node:os'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { allPermissions, type Permission, permissionSchema } from '../accounts/permissions.ts'
import { usernameSchema } from '../accounts/username.ts'
import { toAccountWire } from '../api/accounts.ts'
import { toTime } from '../api/parameters.ts'
import { AppError } from '../errors.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, withApp, withInstallation } from './open.ts'
import { formatTime, printJson, printTable } from './output.ts'

type JsonOption = InstallationOptions & { json?: boolean }

const readingRights: Permission[] = ['slots:read', 'settings:read', 'stats:read']
const known = `all, none, or some of ${allPermissions.join(',')}`

export function registerUsers(program: Command, context: CommandContext): void {
  const users = program
    .command('users')
    .description('accounts: list, add, passwd, rights, remove, rotate-tokens')

  withInstallation(users.command('list'))
    .description('all accounts and what they may do')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger users list')
    .action((options: JsonOption) =>
      withApp(context, options, async ({ accounts }) => {
        const list = await accounts.list()
        if (options.json) return printJson(context, list.map(toAccountWire))
        printTable(
          context,
          ['USER', 'RIGHTS', 'CREATED', 'CHANGED'],
          list.map(({ username, permissions, createdAt, updatedAt }) => [
            username,
            toText(permissions),
            formatTime(createdAt),
            formatTime(updatedAt),
          ]),
        )
      }),
    )

  withInstallation(users.command('add <name>'))
    .description('add an account; prints its password this one time')
    .addOption(
      new Option('--rights <list>', known)
        .argParser(parseRights)
        .default(readingRights, readingRights.join(',')),
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  photochanger users add olga\n  photochanger users add olga --rights slots:read,slots:write,stats:read',
    )
    .action((name: string, options: JsonOption & { rights: Permission[] }) => {
      const username = parseUsername(name)
      return withApp(context, options, async ({ accounts }) => {
        const { account, password } = await accounts.add(
          { username, permissions: options.rights },
          userInfo().username,
        )
        if (options.json) return printJson(context, { ...toAccountWire(account), password })
        context.stdout.write(`Added ${username} with the rights ${toText(account.permissions)}\n`)
        context.stdout.write(`Password, shown only now: ${password}\n`)
      })
    })

  withInstallation(users.command('passwd <name>'))
    .description('give an account a new password; whoever has logged in with the old one is logged out')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger users passwd serg')
    .action((name: string, options: JsonOption) =>
      withApp(context, options, async ({ accounts }) => {
        const password = await accounts.resetPassword(name, userInfo().username)
        if (options.json) return printJson(context, { password })
        context.stdout.write(`New password of ${name}, shown only now: ${password}\n`)
      }),
    )

  withInstallation(users.command('rights <name>'))
    .description('set what an account may do; counts at once')
    .requiredOption('--rights <list>', known, parseRights)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger users rights olga --rights slots:read,stats:read')
    .action((name: string, options: JsonOption & { rights: Permission[] }) =>
      withApp(context, options, async ({ accounts }) => {
        const account = await accounts.setPermissions(name, options.rights, userInfo().username)
        if (options.json) return printJson(context, toAccountWire(account))
        context.stdout.write(`${account.username} has the rights ${toText(account.permissions)}\n`)
      }),
    )

  withInstallation(users.command('remove <name>'))
    .description('remove an account; who has logged in with it is logged out')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger users remove olga')
    .action((name: string, options: JsonOption) =>
      withApp(context, options, async ({ accounts }) => {
        await accounts.remove(name, userInfo().username)
        if (options.json) return printJson(context, { removed: name })
        context.stdout.write(`Removed ${name}\n`)
      }),
    )

  withInstallation(users.command('rotate-tokens'))
    .description('sign access tokens with a new key from now on')
    .option('--now', 'end all tokens: everybody has to log in again')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger users rotate-tokens --now')
    .action((options: JsonOption & { now?: boolean }) =>
      withApp(context, options, async ({ signingKeys }) => {
        const acceptedUntil = await signingKeys.rotate({
          endsTokens: options.now === true,
          actor: userInfo().username,
        })
        if (options.json) return printJson(context, { older_accepted_until: toTime(acceptedUntil) })
        const older =
          acceptedUntil === undefined
            ? 'All older tokens have ended; everybody has to log in again.'
            : `Older tokens are good until they expire, at the latest ${formatTime(acceptedUntil)}.`
        context.stdout.write(`New tokens are signed with a new key. ${older}\n`)
      }),
    )
}

function parseUsername(name: string): string {
  const parsed = usernameSchema.safeParse(name)
  if (parsed.success) return parsed.data
  throw new AppError('invalid_usage', { message: `A user name ${parsed.error.issues[0]?.message}.` })
}

function parseRights(text: string): Permission[] {
  if (text === 'all') return [...allPermissions]
  if (text === 'none') return []
  const parsed = permissionSchema.array().safeParse(text.split(',').map((right) => right.trim()))
  if (parsed.success) return parsed.data
  throw new InvalidArgumentError(`It must be ${known}.`)
}

const toText = (permissions: readonly Permission[]): string =>
  permissions.length === allPermissions.length ? 'all' : permissions.join(',') || 'none'
