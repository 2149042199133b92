import { Outlet, useNavigate } from '@tanstack/react-router'
import { Suspense, useEffect, lazy, useState } from 'react'
import '../members.ts'
import { client, onSignedOut } from '../client.ts'
import { openFeed } from '../feed.ts'
import { press } from '../keys.ts'
import { PLACES } from '../places.ts'
import { isShutOut, signedOutElsewhere, sitsHere, useMay, useMe } from '../session.ts'
import { useKeys } from '../use-keys.ts'
import { speak, useWords } from '../words.ts'
import css from './frame.module.css'
import { Lines } from './lines.tsx'
import { BottomBar, Rail } from './rail.tsx'

const CommandBar = lazy(() => import('./command-bar.tsx'))
const KeySheet = lazy(() => import('./key-sheet.tsx'))

onSignedOut(signedOutElsewhere)

/** Around every page of a signed-in member: the rail, the lines that concern everybody, keys, commands, the feed. */
export function Frame() {
  const t = useWords('app')
  const me = useMe()
  const can = useMay()
  const navigate = useNavigate()
  const [shown, show] = useState<'commands' | 'keys' | null>(null)
  // Loaded on the first press, kept afterwards: the second one opens at once.
  const [loaded, load] = useState({ commands: false, keys: false })
  const open = (what: 'commands' | 'keys') => {
    load((before) => ({ ...before, [what]: true }))
    show((before) => (before === what ? null : what))
  }

  useEffect(() => void speak(me.language), [me.language])
  // A tab that slept while another member signed in hears of it here.
  useEffect(() => void sitsHere(me), [me])
  const isIn = !isShutOut(me)
  useEffect(() => {
    if (!isIn) return
    openFeed({
      client,
      // A lowered role sees less: everything is read anew under it.
      closing: (why) => (why === 'signed_out' ? signedOutElsewhere() : location.reload()),
    })
  }, [isIn])
  useEffect(() => {
    const listen = (event: KeyboardEvent) => void press(event)
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])
  useKeys([
    { keys: 'mod+k', about: t('keys.commands'), run: () => open('commands'), inFields: true },
    { keys: '?', about: t('keys.sheet'), run: () => open('keys') },
    ...PLACES.filter((place) => place.may === 'signed_in' || can(place.may)).map((place) => ({
      keys: place.keys,
      about: t('keys.goTo', { place: t(`place.${place.name}`) }),
      run: () => void navigate({ to: place.to }),
    })),
  ])

  return (
    <div className={css.frame}>
      <a className={css.skip} href="#main">
        {t('skip')}
      </a>
      <Rail openCommands={() => open('commands')} openKeys={() => open('keys')} />
      <div className={css.place}>
        <Lines />
        <main id="main" className={css.main} tabIndex={-1}>
          <Suspense>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <BottomBar />
      <Suspense>
        {loaded.commands && <CommandBar isOpen={shown === 'commands'} close={() => show(null)} />}
        {loaded.keys && <KeySheet isOpen={shown === 'keys'} close={() => show(null)} />}
      </Suspense>
    </div>
  )
}
