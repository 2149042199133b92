/** Chromium: the machine's own, else the one that npm brings. */
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser } from '@playwright/test'

/** Quiet, and without the outside world. Not @sparticuz/chromium's own list: it holds --single-process. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const OWN = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const BROUGHT = '@sparticuz/chromium 153.0.0'

/** The caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? OWN.find((path) => existsSync(path)) ?? (await broughtByNpm())
  return chromium.launch({ executablePath, args: FLAGS })
}

/** It unpacks to a fixed folder of TMPDIR and takes whatever lies there, another version too: so each version gets a TMPDIR. */
async function broughtByNpm(): Promise<string> {
  const before = { tmp: process.env.TMPDIR, lambda: process.env.AWS_EXECUTION_ENV }
  const own = join(tmpdir(), BROUGHT.replaceAll(/\W/g, '-'))
  await mkdir(own, { recursive: true })
  // Its own list names /tmp/fonts and nothing of the machine: without a font Chromium draws no letter and loses what is typed.
  await writeFile(
    join(own, 'fonts.conf'),
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>` +
      `<dir>/usr/share/fonts</dir><dir>${own}/fonts</dir><cachedir>${own}/fonts-cache</cachedir></fontconfig>`,
  )
  process.env.FONTCONFIG_PATH = own
  process.env.TMPDIR = own
  // Then it also brings libnss, libnspr and libexpat, which a bare machine lacks.
  process.env.AWS_EXECUTION_ENV = 'AWS_Lambda_nodejs22.x'
  try {
    const { default: brought } = await import('@sparticuz/chromium')
    return await brought.executablePath()
  } finally {
    restore('TMPDIR', before.tmp)
    restore('AWS_EXECUTION_ENV', before.lambda)
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}
