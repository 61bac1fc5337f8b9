// What a provider is called with, where a test does not care about the rest of it.
import type { LocalPicture, Task } from '../../src/providers/provider.ts'
import { portrait } from './photos.ts'

export const taskIn = (scratchDir: string, changes: Partial<Task> = {}): Task => ({
  jobId: '0198f2a0-0000-7000-8000-000000000001',
  photo: jpegAt(portrait),
  settings: {},
  templates: {},
  createdAt: Date.UTC(2025, 4, 17, 18, 30),
  shareUrl: 'https://photos.example.com/r/0198f2a0-0000-7000-8000-000000000001',
  ownerUrl: `https://photos.example.com/r/0198f2a0-0000-7000-8000-000000000001?k=${'k'.repeat(43)}`,
  deadline: Date.now() + 60_000,
  scratchDir,
  signal: new AbortController().signal,
  reference: undefined,
  saveReference: async () => {},
  publish: async () => {
    throw new Error('This test has no public address.')
  },
  ...changes,
})

export const jpegAt = (path: string): LocalPicture => ({ path, mime: 'image/jpeg' })

export const pngAt = (path: string): LocalPicture => ({ path, mime: 'image/png' })
