// slots: the 15 presets: list, show, set, template, test; their history is in slots-history.ts.
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { toTemplateWire } from '../api/slot-wire.ts'
import { AppError } from '../errors.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, withApp, withInstallation } from './open.ts'
import { formatBytes, printJson, printTable } from './output.ts'
import { collectAssignment, readSettings } from './slot-assignments.ts'
import { registerHistory } from './slots-history.ts'
import { registerResetStats } from './slots-reset-stats.ts'
import { showSlot, stateOf, toWire } from './slots-show.ts'
import { testSlot } from './slots-test.ts'

type JsonOption = InstallationOptions & { json?: boolean }

interface SetOptions extends JsonOption {
  provider?: string
  operation?: string
  name?: string
  set: Record<string, unknown>
  settings?: string
  enable?: boolean
  disable?: boolean
}

export function registerSlots(program: Command, context: CommandContext): void {
  const slots = program
    .command('slots')
    .description('the 15 presets: list, show, set, history, rollback, template, test')

  withInstallation(slots.command('list'))
    .description('all slots')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger slots list')
    .action((options: JsonOption) =>
      withApp(context, options, async (app) => {
        const list = await app.slots.list()
        if (options.json) return printJson(context, await Promise.all(list.map((slot) => toWire(app, slot))))
        printTable(
          context,
          ['SLOT', 'NAME', 'PROVIDER', 'OPERATION', 'STATE'],
          list.map((slot) => [slot.id, slot.name, slot.providerId, slot.operationId, stateOf(slot)]),
        )
      }),
    )

  withInstallation(slots.command('show <id>'))
    .description('one slot with its settings and templates')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger slots show slot-001')
    .action((id: string, options: JsonOption) =>
      withApp(context, options, async (app) => {
        await showSlot(context, app, await app.slots.get(id), options)
      }),
    )

  withInstallation(slots.command('set <id>'))
    .description('change a slot; jobs that run keep the settings they were created with')
    .option('--provider <id>', 'for example local')
    .option('--operation <id>', 'for example filter')
    .option('--name <name>', 'for people')
    .option(
      '--set <key=value>',
      'one setting; repeat it; a.b=value reaches into an object',
      collectAssignment,
      {},
    )
    .option('--settings <file>', 'all settings from a JSON file')
    .option('--enable', 'let the slot take photos')
    .option('--disable', 'answer its photos with 404')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  photochanger slots set slot-004 --provider local --operation filter --name Warm --set effect=warm --set strength=70\n' +
        '  photochanger slots set slot-005 --provider local --operation combine --set filter.effect=sepia --set branding.text="Anna & Ben"',
    )
    .action((id: string, options: SetOptions) =>
      withApp(context, options, async (app) => {
        const current = await app.slots.get(id)
        const given = [options.provider, options.operation, options.settings, ...Object.keys(options.set)]
        const isConfigured = given.some((value) => value !== undefined)
        const change = {
          name: options.name,
          providerId: options.provider,
          operationId: options.operation,
          settings: isConfigured ? await readSettings(current, options) : undefined,
          isEnabled: options.disable ? false : options.enable,
          updatedBy: userInfo().username,
        }
        const slot = await app.slots.update(id, change, ({ version }) => {
          // `--set` goes on top of the settings that were read above.
          if (isConfigured && version !== current.version) throw new AppError('slot_changed')
        })
        await showSlot(context, app, slot, options)
      }),
    )

  registerHistory(slots, context)

  const template = slots.command('template').description('reference pictures of a slot: add, remove')

  withInstallation(template.command('add <id> <key> <file>'))
    .description('bind a picture to a setting key, replacing the one that is there')
    .option('--label <label>', 'for people')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger slots template add slot-004 frame wedding-frame.png')
    .action(
      (slotId: string, settingKey: string, localPath: string, options: JsonOption & { label?: string }) =>
        withApp(context, options, async (app) => {
          await app.slots.get(slotId)
          const bound = await app.templates.bind({
            slotId,
            settingKey,
            localPath,
            replace: true,
            uploadedBy: userInfo().username,
            ...(options.label !== undefined && { label: options.label }),
          })
          if (options.json) printJson(context, toTemplateWire(bound))
          else
            context.stdout.write(
              `Bound ${formatBytes(bound.sizeBytes)} ${bound.mime} to ${slotId} as "${settingKey}"\n`,
            )
        }),
    )

  withInstallation(template.command('remove <id> <key>'))
    .description('unbind a picture')
    .option('--force', 'although the slot cannot work without it')
    .addHelpText('after', '\nExample:\n  photochanger slots template remove slot-004 frame')
    .action((slotId: string, settingKey: string, options: InstallationOptions & { force?: boolean }) =>
      withApp(context, options, async (app) => {
        await app.slots.get(slotId)
        await app.templates.unbind({
          slotId,
          settingKey,
          removedBy: userInfo().username,
          ...(!options.force && {
            assertFree: (tx) => app.slots.assertTemplateFree(slotId, settingKey, tx),
          }),
        })
        context.stdout.write(`Removed "${settingKey}" from ${slotId}\n`)
      }),
    )

  registerResetStats(slots, context)

  withInstallation(slots.command('test <id> <photo>'))
    .description('send a photo through a slot without HTTP; it stays out of the statistics')
    .requiredOption('-o, --output <file>', 'where to save the picture')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger slots test slot-001 photo.jpg -o out.jpg')
    .action((id: string, photo: string, options: JsonOption & { output: string }) =>
      withApp(context, options, (app) => testSlot(context, app, { slotId: id, photo, ...options })),
    )
}
