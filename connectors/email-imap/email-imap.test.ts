import { goldens } from '#connector-kit/conformance/goldens.ts'
import { neverThrows } from '#connector-kit/conformance/never-throws.ts'
import connector from './email-imap.ts'
import { REFUSALS } from './refusals.ts'

const testdata = new URL('./testdata/', import.meta.url)
goldens(connector, testdata, [REFUSALS])
neverThrows(connector, testdata)
