// Mutations of a form's parts: names, values, order, number. The form around them stays a form.
import { type BoothForm, filePart, type Part, photoFieldName, textPart } from './booth-form.ts'
import type { Dice } from './dice.ts'

export type FormChange = (form: BoothForm, dice: Dice) => void

const names = [
  '',
  '__proto__',
  'constructor',
  'toString',
  'password[]',
  'password[0]',
  'a.b.c',
  'hash',
  'fileToUpload[]',
  '_charset_',
  'x'.repeat(5000),
  'имя',
  '%00',
  'name\\',
  '../../etc/passwd',
  'a;b',
  'a=b',
  ' password',
  'PASSWORD',
]

const values: (string | Buffer)[] = [
  '',
  ' ',
  '\0',
  '\0'.repeat(1000),
  "' or 1=1 --",
  '<script>alert(1)</script>',
  '{{constructor}}',
  '%s%s%n',
  '\u202e\ufeff\u200b',
  '🤡'.repeat(200),
  'x'.repeat(100_000),
  'x'.repeat(300_000),
  '\r\n\r\n--',
  '--------------',
  Buffer.from([0xff, 0xfe, 0x80, 0xc0]),
  Buffer.from([0xed, 0xa0, 0x80]),
  '-1',
  '1e309',
  'NaN',
  'null',
  '[]',
  '{"a":',
]

const fileNames = [
  '',
  '.',
  '..',
  '../../../etc/passwd',
  'C:\\boot.ini',
  'a\0b.jpg',
  `${'x'.repeat(3000)}.jpg`,
  'фото.jpg',
  'a"; name="password',
  'photo.php',
  'CON',
  '%2e%2e%2f',
  '&#65;.jpg',
  '🤡.jpg',
]

const mimes = [
  '',
  'image/svg+xml',
  'text/html',
  'application/octet-stream',
  'image/jpeg; charset=utf-16',
  'multipart/mixed; boundary=y',
  'image',
  '/',
  'x'.repeat(2000),
]

const partNamed = (form: BoothForm, name: string): Part | undefined =>
  form.parts.find(({ headers }) => headers.some((line) => line.includes(`name="${name}"`)))

const remove = (form: BoothForm, part: Part | undefined) => {
  form.parts = form.parts.filter((other) => other !== part)
}

const putAnywhere = (form: BoothForm, part: Part, dice: Dice) => {
  form.parts.splice(dice.below(form.parts.length + 1), 0, part)
}

const setHeaders = (form: BoothForm, name: string, headers: string[]) => {
  const part = partNamed(form, name)
  if (part) part.headers = headers
}

const photoOf = (form: BoothForm) => partNamed(form, photoFieldName)

export const fieldChanges: Record<string, FormChange> = {
  'an odd field': (form, dice) => putAnywhere(form, textPart(dice.pick(names), dice.pick(values)), dice),
  'an odd value': (form, dice) => {
    const part = dice.pick(form.parts.slice(0, -1))
    if (!part.headers.some((line) => line.includes('"password"'))) part.body = Buffer.from(dice.pick(values))
  },
  'an odd hash': (form, dice) => {
    const part = partNamed(form, 'hash')
    if (part)
      part.body = Buffer.from(
        dice.pick(['', 'f'.repeat(32), 'F'.repeat(40), '0'.repeat(64), 'z'.repeat(40), 'f'.repeat(65_536)]),
      )
  },
  'no password': (form) => remove(form, partNamed(form, 'password')),
  'an empty password': (form) => {
    const part = partNamed(form, 'password')
    if (part) part.body = Buffer.alloc(0)
  },
  'another password': (form, dice) => {
    const part = partNamed(form, 'password')
    // Rarely: after ten the address is told to wait, and the hash is slow by design.
    if (part && dice.chance(0.1)) part.body = Buffer.from(dice.pick(values))
  },
  'the password twice': (form, dice) => putAnywhere(form, textPart('password', dice.pick(values)), dice),
  'no photo': (form) => remove(form, photoOf(form)),
  'an empty photo': (form) => {
    const part = photoOf(form)
    if (part) part.body = Buffer.alloc(0)
  },
  'the photo twice': (form) => {
    const part = photoOf(form)
    if (part) form.parts.push({ ...part })
  },
  'the photo as text': (form) =>
    setHeaders(form, photoFieldName, [`Content-Disposition: form-data; name="${photoFieldName}"`]),
  'a text field as a file': (form, dice) =>
    putAnywhere(
      form,
      filePart(dice.pick(['password', 'time', 'other', '']), 'a.txt', 'text/plain', Buffer.from('secret')),
      dice,
    ),
  'the photo first': (form) => {
    const part = photoOf(form)
    remove(form, part)
    if (part) form.parts.unshift(part)
  },
  'the fields in another order': (form, dice) => {
    form.parts = form.parts
      .map((part) => ({ part, at: dice.below(1000) }))
      .sort((a, b) => a.at - b.at)
      .map(({ part }) => part)
  },
  'an odd file name': (form, dice) => {
    const part = photoOf(form)
    if (part)
      part.headers[0] = `Content-Disposition: form-data; name="${photoFieldName}"; filename="${dice.pick(fileNames)}"`
  },
  'a file name in another coding': (form) => {
    const part = photoOf(form)
    if (part)
      part.headers[0] = `Content-Disposition: form-data; name="${photoFieldName}"; filename*=UTF-8''%F0%9F%A4%A1.jpg`
  },
  'an odd type': (form, dice) => {
    const part = photoOf(form)
    if (part) part.headers[1] = `Content-Type: ${dice.pick(mimes)}`
  },
  'a transfer encoding': (form, dice) => {
    dice
      .pick(form.parts)
      .headers.push(
        `Content-Transfer-Encoding: ${dice.pick(['base64', 'quoted-printable', '7bit', 'gzip', ''])}`,
      )
  },
  'a part without a name': (form, dice) => {
    dice.pick(form.parts).headers = dice.pick([
      ['Content-Disposition: form-data'],
      ['Content-Disposition: attachment; filename="a.jpg"'],
      ['Content-Type: image/jpeg'],
      [],
      ['Content-Disposition: form-data; name=password'],
      ['Content-Disposition: form-data; name="unended'],
      ['no colon'],
      [': empty'],
    ])
  },
  'many headers of a part': (form, dice) => {
    dice
      .pick(form.parts)
      .headers.push(...Array.from({ length: 2000 }, (_, at) => `X-${at}: ${'y'.repeat(dice.pick([1, 100]))}`))
  },
  'a hundred fields more': (form) => {
    form.parts.unshift(...Array.from({ length: 101 }, (_, at) => textPart(`field${at}`, 'x')))
  },
  'no parts': (form) => {
    form.parts = []
  },
}
