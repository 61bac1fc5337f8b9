// slots: the 15 presets: list, show, set, template, test.
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { toIso } from '../lib/clock.ts'
import type { Template } from '../media/templates.ts'
import type { Slot } from '../slots/slots.ts'
import type { CommandContext } from './context.ts'
import { type InstallationOptions, withApp, withInstallation } from './open.ts'
import { formatBytes, formatTime, printFields, printJson, printTable } from './output.ts'
import { collectAssignment, readSettings } from './slot-assignments.ts'
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
  const slots = program.command('slots').description('the 15 presets: list, show, set, template, test')

  withInstallation(slots.command('list'))
    .description('all slots')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger slots list')
    .action((options: JsonOption) =>
      withApp(context, options, async (app) => {
        const list = await app.slots.list()
        if (options.json)
          return printJson(
            context,
            list.map((slot) => toWire(slot)),
          )
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
        const slot = await app.slots.get(id)
        showSlot(context, slot, await app.templates.listOfSlot(id), options)
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
        const slot = await app.slots.update(id, {
          name: options.name,
          providerId: options.provider,
          operationId: options.operation,
          settings: await readSettings(current, options),
          isEnabled: options.disable ? false : options.enable,
          updatedBy: userInfo().username,
        })
        showSlot(context, slot, await app.templates.listOfSlot(id), options)
      }),
    )

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
          if (options.json) printJson(context, toWireTemplate(bound))
          else
            context.stdout.write(
              `Bound ${formatBytes(bound.sizeBytes)} ${bound.mime} to ${slotId} as "${settingKey}"\n`,
            )
        }),
    )

  withInstallation(template.command('remove <id> <key>'))
    .description('unbind a picture')
    .addHelpText('after', '\nExample:\n  photochanger slots template remove slot-004 frame')
    .action((slotId: string, settingKey: string, options: InstallationOptions) =>
      withApp(context, options, async (app) => {
        await app.slots.get(slotId)
        await app.templates.unbind(slotId, settingKey)
        context.stdout.write(`Removed "${settingKey}" from ${slotId}\n`)
      }),
    )

  withInstallation(slots.command('test <id> <photo>'))
    .description('send a photo through a slot without HTTP; it stays out of the statistics')
    .requiredOption('-o, --output <file>', 'where to save the picture')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  photochanger slots test slot-001 photo.jpg -o out.jpg')
    .action((id: string, photo: string, options: JsonOption & { output: string }) =>
      withApp(context, options, (app) => testSlot(context, app, { slotId: id, photo, ...options })),
    )
}

function stateOf(slot: Slot): string {
  if (!slot.isEnabled) return 'off'
  return slot.providerId === undefined ? 'not configured' : 'on'
}

function showSlot(context: CommandContext, slot: Slot, templates: Template[], { json }: JsonOption): void {
  if (json) {
    printJson(context, { ...toWire(slot), templates: templates.map(toWireTemplate) })
    return
  }
  printFields(context, {
    slot: slot.id,
    name: slot.name,
    provider: slot.providerId,
    operation: slot.operationId,
    state: stateOf(slot),
    settings: JSON.stringify(slot.settings),
    templates: templates.map(({ settingKey, mime }) => `${settingKey} (${mime})`).join(', ') || undefined,
    version: slot.version,
    changed: slot.updatedBy ? `${formatTime(slot.updatedAt)} by ${slot.updatedBy}` : undefined,
  })
}

function toWire(slot: Slot) {
  return {
    id: slot.id,
    name: slot.name,
    provider_id: slot.providerId ?? null,
    operation_id: slot.operationId ?? null,
    settings_json: slot.settings,
    is_enabled: slot.isEnabled,
    version: slot.version,
    updated_at: toIso(slot.updatedAt),
    updated_by: slot.updatedBy ?? null,
  }
}

function toWireTemplate(template: Template) {
  return {
    id: template.id,
    slot_id: template.slotId,
    setting_key: template.settingKey,
    label: template.label ?? null,
    mime: template.mime,
    size_bytes: template.sizeBytes,
    checksum: template.checksum,
    uploaded_by: template.uploadedBy ?? null,
    created_at: toIso(template.createdAt),
  }
}
