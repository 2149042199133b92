import { z } from 'zod'
import type { Asks } from '#connector-kit/connector.ts'
import { call, read } from './api.ts'
import type { Settings } from './settings.ts'

export const asks: Asks<Settings> = {
  *me(c) {
    const { id, name } = read(yield call(c, '/me', {}), z.object({ id: z.string(), name: z.string() }))
    return { id, name }
  },
}
