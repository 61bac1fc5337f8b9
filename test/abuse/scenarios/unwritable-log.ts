// The log goes to a full disk: it is lost, the photos are not.
import { aPicture, tellPhoto } from '../booth.ts'
import { checkSoundness, measureBase, type Recorder } from '../report.ts'
import { install, startServe } from '../serve.ts'

export async function abuseUnwritableLog(recorder: Recorder): Promise<void> {
  const { is } = recorder
  const installation = await install({ PHOTOCHANGER_LOG_LEVEL: 'debug' })
  const serve = await startServe(installation, { logPath: '/dev/full' })
  try {
    const base = await measureBase(serve, installation)
    const refused = await tellPhoto({ url: serve.url, password: 'wrong' })
    is('what would be logged is answered as ever', refused.told, '401 invalid_credentials')
    is(
      'photos get their pictures',
      (await tellPhoto({ url: serve.url, password: installation.password })).told,
      aPicture,
    )
    await checkSoundness(recorder, serve, installation, base)
  } finally {
    await serve.stop('SIGKILL')
    await installation.remove()
  }
}
