import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { prepareTarget } from '../../src/booth/target.ts'
import { AppError } from '../../src/errors.ts'
import { openFolder } from './counterpart.ts'

const test = suite('booth/target')

test('without an output the name is made of photo, slot and type, in the current folder', async () => {
  const toTarget = await prepareTarget({ photoPath: 'in/IMG_1.JPG', slotId: 'slot-001', output: undefined })
  assert.is(toTarget('image/jpeg'), join(process.cwd(), 'IMG_1-slot-001.jpg'))
  assert.is(toTarget('image/png; q=1'), join(process.cwd(), 'IMG_1-slot-001.png'))
})

test('a file is taken as it is, a folder gets the made name, a slot cannot leave it', async () => {
  const folder = await openFolder()
  await mkdir(join(folder.path, 'out'))
  const wish = { photoPath: 'IMG_1.JPG', slotId: '../x' }
  const toFile = await prepareTarget({ ...wish, output: join(folder.path, 'a.jpg') })
  assert.is(toFile('image/png'), join(folder.path, 'a.jpg'))
  const toFolder = await prepareTarget({ ...wish, output: join(folder.path, 'out') })
  assert.is(toFolder('image/webp'), join(folder.path, 'out', 'IMG_1-..%2Fx.webp'))
  await folder.remove()
})

test('a folder that is not there and the photo itself are refused at once', async () => {
  const folder = await openFolder()
  const photoPath = join(folder.path, 'photo.jpg')
  for (const output of [join(folder.path, 'no', 'a.jpg'), photoPath]) {
    const error = await prepareTarget({ photoPath, slotId: 's', output }).catch((cause: unknown) => cause)
    assert.instance(error, AppError)
    assert.is((error as AppError).code, 'invalid_usage')
  }
  await folder.remove()
})

test.run()
