// Uploads as a browser sends them.
import { readFile } from 'node:fs/promises'

/** `file` is bytes or a path. */
export async function toForm(
  fileField: string,
  file: Uint8Array | string,
  fields: Record<string, string> = {},
): Promise<FormData> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  const bytes = typeof file === 'string' ? await readFile(file) : file
  form.append(fileField, new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'image/jpeg' }), 'picture.jpg')
  return form
}
